import type { Clock } from '../../shared/clock.ts';
import type { RegisteredApp, TypedData } from './core-module.ts';
import { describeError } from './host-log.ts';
import type { HostLog, LogLevel } from './host-log.ts';
import type { HostFunction } from './index-functions.ts';

/** One call of a function. */
export interface Call {
  /** The reason for the log: the request, the queue or the schedule. */
  readonly reason: string;
  readonly input: TypedData;
  readonly triggerMetadata?: Readonly<Record<string, TypedData>>;
}

export type InvocationOutcome =
  | { readonly kind: 'succeeded'; readonly value: TypedData | null | undefined }
  /**
   * The handler or a hook threw, the result could not be converted, or the call timed out. Already
   * logged.
   */
  | { readonly kind: 'failed' };

/** Runs a function to its end. Never rejects. */
export type Invoke = (called: HostFunction, call: Call) => Promise<InvocationOutcome>;

interface InvocationDependencies {
  readonly app: RegisteredApp;
  /** `undefined` means no limit. */
  readonly timeoutMs: number | undefined;
  readonly clock: Clock;
  readonly log: HostLog;
  readonly newInvocationId: () => string;
}

/**
 * Runs functions as the functions worker does. A function that takes longer than `timeoutMs` has
 * failed but continues in this process. The real host would kill the whole worker.
 */
export function createInvoke(dependencies: InvocationDependencies): Invoke {
  const { timeoutMs, clock, log, newInvocationId } = dependencies;
  return async (called, call) => {
    const id = newInvocationId();
    const startedAt = clock.now();
    const executed = (how: string): string =>
      `Executed 'Functions.${called.name}' (${how}, Id=${id}, Duration=${clock.now() - startedAt}ms)`;
    log('debug', called.name, `Executing 'Functions.${called.name}' (Reason='${call.reason}', Id=${id})`);
    try {
      const value = await withTimeout(runOnce(dependencies, called, call, id), timeoutMs, clock);
      log('debug', called.name, executed('Succeeded'));
      return { kind: 'succeeded', value };
    } catch (error) {
      log('error', called.name, `${executed('Failed')}\n${describeError(error)}`);
      return { kind: 'failed' };
    }
  };
}

/**
 * The steps of one invocation in the order of the functions worker. Rejects when the invocation
 * fails.
 */
async function runOnce(
  { app, log }: InvocationDependencies,
  called: HostFunction,
  call: Call,
  id: string,
): Promise<TypedData | null | undefined> {
  const { metadata, callback } = called.registered;
  const { programmingModel, hooks } = app;
  if (!programmingModel) throw new Error('The app set no programming model.');
  const inHooks = { invocationContext: undefined as unknown, hookData: {}, appHookData: {} };
  const context = {
    invocationId: id,
    metadata,
    request: {
      inputData: [{ name: called.input, data: call.input }],
      ...(call.triggerMetadata && { triggerMetadata: call.triggerMetadata }),
    },
    state: undefined as string | undefined,
    log: (level: LogLevel, category: string, message: string) => {
      // A log hook may change level and message, so that an app can redact its log.
      const entry = { ...inHooks, level, category, message };
      for (const hook of hooks.log) hook(entry);
      log(entry.level, called.name, entry.message);
    },
  };
  const model = programmingModel.getInvocationModel(context);
  const prepared = await model.getArguments();
  inHooks.invocationContext = prepared.context;

  context.state = 'preInvocationHooks';
  const before = { ...inHooks, inputs: prepared.inputs, functionCallback: callback };
  for (const hook of hooks.preInvocation) await hook(before);

  context.state = 'invocation';
  const after = { ...inHooks, inputs: before.inputs, result: undefined as unknown, error: undefined as unknown };
  try {
    after.result = await model.invokeFunction(prepared.context, before.inputs, before.functionCallback);
  } catch (error) {
    after.error = error;
  }

  context.state = 'postInvocationHooks';
  for (const hook of hooks.postInvocation) await hook(after);

  // The error is thrown here and not in the catch above, because a post hook may set or clear it.
  if (after.error !== undefined && after.error !== null) throw after.error as Error;
  const response = await model.getResponse(prepared.context, after.result);
  return response.returnValue;
}

async function withTimeout<T>(work: Promise<T>, timeoutMs: number | undefined, clock: Clock): Promise<T> {
  if (timeoutMs === undefined) return work;
  const done = new AbortController();
  const timeout = clock.sleep(timeoutMs, done.signal).then(() => {
    throw new Error(`Timeout value of ${timeoutMs} ms was exceeded (functionTimeout in host.json).`);
  });
  try {
    return await Promise.race([work, timeout]);
  } finally {
    timeout.catch(() => undefined);
    done.abort();
  }
}
