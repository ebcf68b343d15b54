import type { Clock } from '../../shared/clock.ts';
import type { CallbackAnswer } from './answer-script.ts';

/** One request to a callback URL or to a path that looks like one. */
export interface CallbackCall {
  /** The order of arrival on this platform, from 1. */
  readonly number: number;
  /** Ms since the epoch, by the platform's clock. */
  readonly receivedAtMs: number;
  /** Absent when the path names no flow of this platform. */
  readonly flowId?: string;
  readonly method: string;
  /** Path and query, byte for byte. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** The JSON value, or the text when it is not JSON. */
  readonly body: unknown;
  readonly answer: CallbackAnswer;
}

/** A run of the flow, which an accepted callback has started. */
export interface FlowRun extends CallbackCall {
  readonly runId: string;
  readonly acceptedAtMs: number;
  /** Whether an earlier run of this or another flow has the same `webhook-id`. */
  readonly duplicate: boolean;
}

/**
 * The received callbacks of one flow or of the whole platform. The arrays grow with each callback.
 */
export interface CallView {
  readonly calls: readonly CallbackCall[];
  readonly runs: readonly FlowRun[];
  readonly duplicates: readonly FlowRun[];
  /**
   * Resolves with the runs once there are `count` of them. Rejects after `timeoutMs` on the
   * platform's clock, or when the platform stops.
   */
  waitForRuns(count: number, timeoutMs: number): Promise<readonly FlowRun[]>;
  /**
   * Resolves with the calls once there are `count` of them, whatever the responses were. Rejects as
   * `waitForRuns` does.
   */
  waitForCalls(count: number, timeoutMs: number): Promise<readonly CallbackCall[]>;
}

/** Records the received callbacks. */
export interface CallLog {
  readonly all: CallView;
  of(flowId: string): CallView;
  /** Records the arrival of a callback. */
  receive(call: Omit<CallbackCall, 'number' | 'receivedAtMs'>): CallbackCall;
  /** Records that a run started. */
  start(call: CallbackCall, runId: string): FlowRun;
}

/** `signal` ends every wait. */
export function createCallLog({ clock, signal }: { clock: Clock; signal: AbortSignal }): CallLog {
  const all = createRecords({ clock, signal });
  const byFlow = new Map<string, Records>();
  const accepted = new Set<string>();

  const recordsOf = (flowId: string): Records => {
    const known = byFlow.get(flowId) ?? createRecords({ clock, signal });
    byFlow.set(flowId, known);
    return known;
  };
  const allRecordsOf = ({ flowId }: CallbackCall): readonly Records[] =>
    flowId === undefined ? [all] : [all, recordsOf(flowId)];

  return {
    all: all.view,
    of: (flowId) => recordsOf(flowId).view,
    receive: (received) => {
      const call = { number: all.view.calls.length + 1, receivedAtMs: clock.now(), ...received };
      for (const records of allRecordsOf(call)) records.addCall(call);
      return call;
    },
    start: (call, runId) => {
      const webhookId = call.headers['webhook-id'];
      const duplicate = webhookId !== undefined && accepted.has(webhookId);
      if (webhookId !== undefined) accepted.add(webhookId);
      const run = { ...call, runId, acceptedAtMs: clock.now(), duplicate };
      for (const records of allRecordsOf(call)) records.addRun(run);
      return run;
    },
  };
}

interface Records {
  readonly view: CallView;
  addCall(call: CallbackCall): void;
  addRun(run: FlowRun): void;
}

function createRecords({ clock, signal }: { clock: Clock; signal: AbortSignal }): Records {
  const calls: CallbackCall[] = [];
  const runs: FlowRun[] = [];
  const duplicates: FlowRun[] = [];
  const waiting = new Set<() => void>();
  const changed = (): void => waiting.forEach((check) => check());

  async function wait<T>(list: readonly T[], noun: string, count: number, timeoutMs: number): Promise<readonly T[]> {
    if (list.length >= count) return list;
    const met = new AbortController();
    const check = (): void => {
      if (list.length >= count) met.abort();
    };
    waiting.add(check);
    try {
      await clock.sleep(timeoutMs, AbortSignal.any([met.signal, signal]));
    } catch (error) {
      if (!met.signal.aborted) throw error;
    } finally {
      waiting.delete(check);
    }
    if (list.length >= count) return list;
    throw new Error(`waited ${timeoutMs} ms for ${count} ${noun}, there are ${list.length}`);
  }

  return {
    view: {
      calls,
      runs,
      duplicates,
      waitForRuns: (count, timeoutMs) => wait(runs, 'runs', count, timeoutMs),
      waitForCalls: (count, timeoutMs) => wait(calls, 'calls', count, timeoutMs),
    },
    addCall: (call) => {
      calls.push(call);
      changed();
    },
    addRun: (run) => {
      runs.push(run);
      if (run.duplicate) duplicates.push(run);
      changed();
    },
  };
}
