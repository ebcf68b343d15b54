import { app } from '@azure/functions';
import { passGate } from './pass-gate.ts';

/**
 * A queue function that remembers its runs and does what the message says, and HTTP functions to
 * look at it.
 */

const runs: { value: unknown; metadata: unknown; invocationId: string; ended: boolean }[] = [];

app.storageQueue('work', {
  queueName: '%QUEUE%',
  connection: 'AzureWebJobsStorage',
  handler: async (value, context) => {
    const run = { value, metadata: context.triggerMetadata, invocationId: context.invocationId, ended: false };
    runs.push(run);
    const { gate, fail } = (value ?? {}) as { gate?: string; fail?: boolean };
    if (gate !== undefined) await passGate(gate);
    run.ended = true;
    if (fail) throw new Error('as the message says');
  },
});
app.storageQueue('offWork', { queueName: '%OFF_QUEUE%', connection: '', handler: () => undefined });
app.storageQueue('noQueue', { queueName: '%NOT_SET%', connection: 'AzureWebJobsStorage', handler: () => undefined });

app.http('runs', { route: 'runs', methods: ['GET'], handler: () => ({ jsonBody: runs }) });
app.hook.appTerminate(() => void process.stdout.write('terminated\n'));
