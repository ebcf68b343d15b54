import Module from 'node:module';
import type { HostLog, LogLevel } from './host-log.ts';

/**
 * The name of the module that the npm library `@azure/functions` requires at run time. No such
 * package exists, because the host supplies the module.
 */
const CORE_MODULE = '@azure/functions-core';

/** One value that is passed between host and library. Exactly one property is set. */
export interface TypedData {
  readonly string?: string;
  readonly json?: string;
  readonly bytes?: Uint8Array;
  readonly int?: number;
  readonly http?: HttpRequestData | HttpResponseData;
}

export interface HttpRequestData {
  readonly url: string;
  readonly method: string;
  readonly nullableHeaders: Readonly<Record<string, { readonly value: string }>>;
  readonly nullableParams: Readonly<Record<string, { readonly value: string }>>;
  readonly nullableQuery: Readonly<Record<string, { readonly value: string }>>;
  readonly body?: { readonly bytes: Uint8Array };
}

export interface HttpResponseData {
  readonly statusCode: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly cookies: readonly unknown[];
  readonly body?: { readonly bytes?: Uint8Array };
}

export interface Binding {
  readonly type: string;
  readonly direction: 'in' | 'out';
  readonly [property: string]: unknown;
}

export interface FunctionMetadata {
  readonly name: string;
  readonly bindings: Readonly<Record<string, Binding>>;
  readonly retryOptions?: unknown;
}

export type FunctionCallback = (...inputs: unknown[]) => unknown;

/**
 * The library's steps of one invocation: convert the inputs, call the handler, convert the output.
 */
export interface InvocationModel {
  getArguments(): Promise<{ context: unknown; inputs: unknown[] }>;
  invokeFunction(context: unknown, inputs: unknown[], callback: FunctionCallback): Promise<unknown>;
  getResponse(context: unknown, result: unknown): Promise<{ returnValue?: TypedData | null }>;
}

export interface ProgrammingModel {
  getCapabilities(capabilities: Record<string, string>): Promise<Record<string, string>>;
  getInvocationModel(context: object): InvocationModel;
}

export type HookName = 'appStart' | 'appTerminate' | 'preInvocation' | 'postInvocation' | 'log';
export type HookCallback = (context: Record<string, unknown>) => unknown;

export interface RegisteredFunction {
  readonly metadata: FunctionMetadata;
  readonly callback: FunctionCallback;
}

/** What an app registered while it was loaded. */
export interface RegisteredApp {
  readonly functions: RegisteredFunction[];
  readonly hooks: Readonly<Record<HookName, HookCallback[]>>;
  programmingModel: ProgrammingModel | undefined;
  /** When true, no function can be added. */
  started: boolean;
}

export function emptyApp(): RegisteredApp {
  return {
    functions: [],
    hooks: { appStart: [], appTerminate: [], preInvocation: [], postInvocation: [], log: [] },
    programmingModel: undefined,
    started: false,
  };
}

/**
 * The host's side of the contract with the library. Everything that an app registers is stored in
 * `app`.
 */
export function createCoreModule({ app, log }: { app: RegisteredApp; log: HostLog }): object {
  return {
    version: '4.0.0',
    hostVersion: '4.1037.0.0',
    log: (level: LogLevel, _category: string, message: string) => log(level, 'worker', message),
    setProgrammingModel: (model: ProgrammingModel) => {
      app.programmingModel = model;
    },
    getProgrammingModel: () => app.programmingModel,
    registerFunction: (metadata: FunctionMetadata, callback: FunctionCallback) => {
      if (app.started) throw new Error('A function can only be registered during app startup.');
      const taken = app.functions.some((fn) => sameName(fn.metadata.name, metadata.name));
      if (taken) throw new Error(`A function with id "${metadata.name}" has already been registered.`);
      const registered = { metadata, callback };
      app.functions.push(registered);
      return disposable(() => remove(app.functions, registered));
    },
    registerHook: (name: HookName, callback: HookCallback) => {
      // The library recognises this error and reports to the app that the host is too old for the
      // hook.
      if (!(name in app.hooks)) throw systemError(new RangeError(`Unrecognized hook "${name}"`));
      app.hooks[name].push(callback);
      return disposable(() => remove(app.hooks[name], callback));
    },
  };
}

/**
 * Makes every later `require('@azure/functions-core')` of this process return `core`. The library
 * requires the module once, at the first registration, and remembers its absence, so this function
 * must run before the app is loaded.
 */
export function installCoreModule(core: object): void {
  const loader = Module as unknown as { _load: (request: string, ...rest: unknown[]) => unknown };
  const load = loader._load;
  loader._load = (request, ...rest) => (request === CORE_MODULE ? core : load.call(Module, request, ...rest));
}

/**
 * Whether two names are equal in any letter case, because the real host compares function names so.
 */
export function sameName(left: string, right: string): boolean {
  return left.toUpperCase() === right.toUpperCase();
}

function systemError(error: Error): Error {
  return Object.assign(error, { isAzureFunctionsSystemError: true });
}

function disposable(dispose: () => void): { dispose: () => void } {
  return { dispose };
}

function remove<T>(list: T[], item: T): void {
  const index = list.indexOf(item);
  if (index >= 0) list.splice(index, 1);
}
