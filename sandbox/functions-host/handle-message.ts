import type { Clock } from '../../shared/clock.ts';
import { unreachable } from '../../shared/unreachable.ts';
import { summarizeError } from './host-log.ts';
import type { HostLog } from './host-log.ts';
import type { QueueSettings } from './host-settings.ts';
import type { InvocationOutcome } from './invocation.ts';
import { holdMessage } from './message-lease.ts';
import { decodeMessage } from './queue-message.ts';
import type { ReceivedMessage } from './queue-message.ts';
import { POISON_SUFFIX } from './trigger-queue.ts';
import type { TriggerQueue } from './trigger-queue.ts';

export interface MessageDependencies {
  readonly queue: TriggerQueue;
  readonly settings: QueueSettings;
  readonly leaseMs: number;
  readonly clock: Clock;
  readonly log: HostLog;
  /** Runs the function with the decoded text. */
  readonly invoke: (message: ReceivedMessage, text: string) => Promise<InvocationOutcome>;
}

/**
 * Processes one received message. Deletes it when the function succeeds. Otherwise returns it to
 * the queue, or moves it to the poison queue after the last try. When storage fails here, the
 * message is logged and becomes visible again after its lease. Never rejects.
 */
export async function handleMessage(dependencies: MessageDependencies, message: ReceivedMessage): Promise<void> {
  try {
    await work(dependencies, message);
  } catch (error) {
    const where = `message '${message.id}' of queue '${dependencies.queue.name}'`;
    dependencies.log('error', 'host', `Could not complete ${where}: ${summarizeError(error)}`);
  }
}

async function work(dependencies: MessageDependencies, message: ReceivedMessage): Promise<void> {
  const { queue, settings, leaseMs, clock, log, invoke } = dependencies;
  // The host died in every try before, otherwise the message would be gone.
  if (message.dequeueCount > settings.maxDequeueCount) return moveToPoison(dependencies, message, message.popReceipt);
  const decoded = decodeMessage(message.text, settings.messageEncoding);
  switch (decoded.kind) {
    case 'not-base64':
      return moveToPoison(dependencies, message, message.popReceipt);
    case 'not-utf8':
      log(
        'error',
        'host',
        `Message '${message.id}' of queue '${queue.name}' is not UTF-8; the function is not called.`,
      );
      return releaseOrMoveToPoison(dependencies, message, message.popReceipt);
    case 'text': {
      const lease = holdMessage({ queue, message, leaseMs, clock, log });
      const outcome = await invoke(message, decoded.text);
      const popReceipt = await lease.end();
      if (outcome.kind === 'succeeded') return queue.remove(message.id, popReceipt);
      return releaseOrMoveToPoison(dependencies, message, popReceipt);
    }
    default:
      return unreachable(decoded);
  }
}

async function releaseOrMoveToPoison(
  dependencies: MessageDependencies,
  message: ReceivedMessage,
  popReceipt: string,
): Promise<void> {
  const { queue, settings } = dependencies;
  if (message.dequeueCount >= settings.maxDequeueCount) return moveToPoison(dependencies, message, popReceipt);
  if (isPoisonQueue(queue)) return;
  await queue.hide(message.id, popReceipt, settings.visibilityTimeoutMs);
}

async function moveToPoison(
  { queue, settings, log }: MessageDependencies,
  message: ReceivedMessage,
  popReceipt: string,
) {
  if (isPoisonQueue(queue)) return;
  const reached = `Message has reached MaxDequeueCount of ${settings.maxDequeueCount}.`;
  log('error', 'host', `${reached} Moving message to queue '${queue.name}${POISON_SUFFIX}'.`);
  await queue.sendToPoison(message.text);
  await queue.remove(message.id, popReceipt);
}

/**
 * A message that fails in a poison queue stays invisible until its lease ends, and is then received
 * again.
 */
function isPoisonQueue(queue: TriggerQueue): boolean {
  return queue.name.endsWith(POISON_SUFFIX);
}
