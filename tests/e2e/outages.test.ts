import { expect, test } from '@jest/globals';
import { contosoInstanceId as instanceId } from '../../sandbox/customer-insights/seed/seeded-instances.ts';
import type { Flow } from '../../sandbox/flow-platform/flow.ts';
import { startStack } from '../../sandbox/stack.ts';
import { ownAccount } from '../helpers/azurite.ts';
import { startStorageProxy, type Fate, type ProxiedRequest } from '../helpers/storage-proxy.ts';
import { inRotation, sized } from '../helpers/test-size.ts';
import { until } from './until.ts';

/** Real seconds: what has to stand them is real, the host and its queue listeners. */
const OUTAGE_MS = sized({ small: 8_000, full: 30_000 });
const HELD_SECONDS = 3;
const SEGMENT = 'HighValueCustomers';
const BUSY: Fate = { status: 503, code: 'ServerBusy' };

type Service = 'queues' | 'tables';

test.concurrent.each<Service>(inRotation(['queues', 'tables'], 1))(
  `when all %s are gone for ${OUTAGE_MS / 1000} s in mid-delivery, health says so, and afterwards everything is delivered`,
  async (service) => {
    const azurite = ownAccount();
    const serviceUrl = service === 'queues' ? azurite.queueUrl : azurite.tableUrl;
    let isDown = (): boolean => false;
    let refused = 0;
    const decide = ({ url }: ProxiedRequest): Fate => {
      if (!url.href.startsWith(serviceUrl) || !isDown()) return 'pass';
      refused += 1;
      return BUSY;
    };
    const proxy = await startStorageProxy(azurite, decide);
    const stack = await startStack({
      azurite: proxy,
      leaseSeconds: HELD_SECONDS,
      settings: {
        POLL_SCHEDULE: '* * * * * *',
        // A retry whose message could not be sent is found by the reconciler.
        RECONCILE_SCHEDULE: '*/5 * * * * *',
        CLAIM_SECONDS: String(HELD_SECONDS),
        DELIVERY_SCHEDULE_SECONDS: '1,5,30',
        RATE_LIMIT_CALLS: '0',
        // How long a message that failed waits, 30 s in host.json.
        AzureFunctionsJobHost__extensions__queues__visibilityTimeout: '00:00:03',
      },
    });
    const health = async (): Promise<number> => (await fetch(`${stack.host.url}/api/health`)).status;
    const saved = async (name: string): Promise<Flow> => {
      const input = { instanceId, segmentName: SEGMENT, threshold: 100 };
      const flow = stack.flows.createFlow({ name, trigger: 'segment-threshold-crossed', input });
      expect(await flow.save()).toMatchObject({ status: 201 });
      return flow;
    };
    try {
      const steady = await saved('steady');
      const failing = await saved('failing');
      failing.behave({ answers: [{ status: 503 }] });

      // The service goes away in the moment in which the failing flow is called, and comes back 30
      // s later.
      let isBack = false;
      isDown = () => failing.calls.length > 0 && !isBack;
      const { control } = stack.insights;
      control.setMemberCount({ instanceId, segmentName: SEGMENT, memberCount: 200 });
      await failing.waitForCalls(1, 60_000);
      const backAtMs = Date.now() + OUTAGE_MS;
      const answers = new Set<number>();
      control.evaluateSegment({
        instanceId,
        segmentName: SEGMENT,
        evaluations: [20, 300].map((memberCount) => ({ kind: 'succeeded', memberCount })),
      });
      // It may say what it saw five seconds ago.
      await until(async () => (await health()) === 503);
      while (Date.now() < backAtMs) {
        answers.add(await health());
        await new Promise((resolve) => setTimeout(resolve, 500));
      }
      isBack = true;
      expect([...answers]).toEqual([503]);
      // Every listener polls once a second at most, and whoever sends or polls tries three times:
      // no hot loop.
      expect(refused).toBeLessThan(1_000);

      await until(() => [steady, failing].every(({ runs }) => new Set(runs.map(webhookId)).size === 2));
      await until(async () => (await health()) === 200);
      // Whatever is still held, or comes back to a queue, comes within this time.
      const freeAtMs = Date.now() + 2 * HELD_SECONDS * 1000;
      await until(() => Date.now() > freeAtMs);
      for (const { calls } of [steady, failing]) expect(new Set(calls.map(webhookId)).size).toBe(2);
      // A success that could not be written down is made again; without queues everything can be
      // written.
      if (service === 'queues') expect(steady.calls).toHaveLength(2);
      const { poison } = (await (await fetch(`${stack.host.url}/api/health`)).json()) as { poison: object };
      expect(poison).toEqual({ polls: 0, deliveries: 0, retries: 0 });
      expect(await stack.host.stop()).toBe(0);
    } finally {
      await stack.stop();
      await proxy.stop();
    }
  },
);

function webhookId({ headers }: { readonly headers: Readonly<Record<string, unknown>> }): unknown {
  return headers['webhook-id'];
}
