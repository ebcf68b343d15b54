import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * What a flow answers to its first, second, … call; the last for ever. `reset` breaks the
 * connection.
 */
type Script = readonly (number | 'reset' | 'turned-off')[];

export interface Flow {
  readonly name: string;
  readonly segmentName: 'big' | 'small';
  readonly script: Script;
  /** How its delivery ends. */
  readonly ends: 'delivered' | 'dead' | 'ended';
}

/** The first chunk takes 250 of these, the second 10. */
const BIG = 260;
const BIG_SCRIPTS: Readonly<Record<number, Script>> = { 10: [503, 202], 255: [503, 202] };
export const STRAGGLER = 'big-5';

export const FLOWS: readonly Flow[] = [
  ...Array.from({ length: BIG }, (_, index): Flow => {
    return { name: `big-${index}`, segmentName: 'big', script: BIG_SCRIPTS[index] ?? [202], ends: 'delivered' };
  }),
  ...(
    [
      [[202], 'delivered'],
      [[202], 'delivered'],
      [[503, 202], 'delivered'],
      [[429, 503, 202], 'delivered'],
      [['reset', 202], 'delivered'],
      [['turned-off', 202], 'delivered'],
      [[410], 'ended'],
      [[400], 'dead'],
    ] as const
  ).map(([script, ends], index): Flow => ({ name: `small-${index}`, segmentName: 'small', script, ends })),
];

export interface FlowCall {
  readonly flow: string;
  readonly webhookId: string;
  readonly succeeded: boolean;
}

export interface FlowServer {
  readonly calls: readonly FlowCall[];
  /** From now on every call waits for this before it is answered. */
  onCall(see: (call: FlowCall) => Promise<void>): void;
  urlOf(flow: string): string;
  stop(): Promise<void>;
}

/**
 * All flows of a run, on a server that answers as their scripts say; the straggler's first answer
 * waits for `straggling`.
 */
export async function startFlows({ straggling }: { straggling: () => Promise<void> }): Promise<FlowServer> {
  const calls: FlowCall[] = [];
  const scripts = new Map(FLOWS.map(({ name, script }) => [name, script]));
  const counts = new Map<string, number>();
  let see: (call: FlowCall) => Promise<void> = () => Promise.resolve();
  const answer = async (flow: string, webhookId: string): Promise<number | 'reset' | 'turned-off'> => {
    const count = counts.get(flow) ?? 0;
    counts.set(flow, count + 1);
    const scripted = scripts.get(flow)?.[count] ?? scripts.get(flow)?.at(-1) ?? 404;
    const call = { flow, webhookId, succeeded: scripted === 202 };
    calls.push(call);
    await see(call);
    if (flow === STRAGGLER && count === 0) {
      for (let tries = 0; tries < 100 && calls.length < BIG; tries++)
        await new Promise((resolve) => setTimeout(resolve, 5));
      await straggling();
    }
    return scripted;
  };
  const server = createServer((request, response) => {
    const reply = async (): Promise<void> => {
      const { pathname } = new URL(request.url ?? '', 'http://flows');
      const answered = await answer(pathname.slice(1), String(request.headers['webhook-id']));
      if (answered === 'reset') return void response.destroy();
      response.writeHead(answered === 'turned-off' ? 400 : answered, { 'content-type': 'application/json' });
      response.end(answered === 'turned-off' ? '{"error":{"code":"WorkflowTriggerIsNotEnabled"}}' : '{}');
    };
    request.resume().once('end', () => void reply());
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    calls,
    onCall: (next) => void (see = next),
    urlOf: (flow) => `http://127.0.0.1:${port}/${flow}?sig=secret`,
    stop: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
