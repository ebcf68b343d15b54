import type { Clock } from '../clock.ts';
import type { Config } from '../config.ts';
import type { CallPermits } from '../insights/call-permits.ts';
import type { CustomerInsights } from '../insights/customer-insights.ts';
import type { Log } from '../log.ts';
import type { CallbackClient } from '../outgoing/callback-client.ts';
import type { Lookup } from '../outgoing/lookup.ts';
import type { Random } from '../random.ts';
import type { QueueDrain } from '../storage/queue-drain.ts';
import type { Queues } from '../storage/queues.ts';
import type { Tables } from '../storage/tables.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';

/** The ports to everything outside the backend. Tests and simulations may replace them. */
export interface BackendPorts {
  readonly tables: Tables;
  readonly queues: Queues;
  /** Receives the messages of poison queues, so that an operator can move them back. */
  readonly queueDrain: QueueDrain;
  /** Creates a Customer Insights client whose calls take their permits from `permits`. */
  readonly insights: (permits: CallPermits) => CustomerInsights;
  readonly client: CallbackClient;
  /** Calls the webhook of the operator (`OPERATOR_WEBHOOK_URL`). Default: `client`. */
  readonly operatorClient?: CallbackClient | undefined;
  /** Resolves the host names of callback URLs. */
  readonly lookup: Lookup;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly telemetry: Telemetry;
  /** Aborted as soon as the process starts to shut down. */
  readonly stopping?: AbortSignal | undefined;
}

export type BackendConfig = Pick<
  Config,
  | 'callbackPolicy'
  | 'encryptionKeys'
  | 'signingSecrets'
  | 'allowedInstances'
  | 'maxSubscriptionsPerConnection'
  | 'rateLimit'
  | 'claimMs'
  | 'deliveryScheduleSeconds'
  | 'pollSchedule'
  | 'retentionMonths'
  | 'operatorWebhook'
  | 'publicBaseUrl'
>;
