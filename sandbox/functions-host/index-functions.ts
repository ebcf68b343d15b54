import type { Binding, RegisteredFunction } from './core-module.ts';
import type { HostLog } from './host-log.ts';
import { HostStartError } from './host-settings.ts';
import type { AccessLevel } from './keys.ts';
import { parseSchedule, type Schedule } from '../../shared/ncrontab.ts';
import { parseRouteTemplate } from './route-template.ts';
import type { RouteTemplate } from './route-template.ts';

/** A function that the host can run, with the properties of its trigger. */
export type HostFunction = HttpFunction | TimerFunction | QueueFunction;

interface AnyFunction {
  readonly name: string;
  /** The name of the trigger's binding. */
  readonly input: string;
  /**
   * Set by `AzureWebJobs.<name>.Disabled`. The function is not triggered, but can be run manually.
   */
  readonly disabled: boolean;
  readonly registered: RegisteredFunction;
}

export interface HttpFunction extends AnyFunction {
  readonly kind: 'http';
  readonly route: RouteTemplate;
  /** Upper case. */
  readonly methods: readonly string[];
  readonly authLevel: AccessLevel;
}

export interface TimerFunction extends AnyFunction {
  readonly kind: 'timer';
  readonly schedule: Schedule;
}

export interface QueueFunction extends AnyFunction {
  readonly kind: 'queue';
  readonly queue: string;
  readonly connectionString: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The functions of an app, ordered by name in any letter case, which is the order in which the real
 * host tries their routes. A function that the host cannot run is left out and the reason is
 * logged. Throws `HostStartError` for a route on which the real host fails.
 */
export function indexFunctions(options: {
  registered: readonly RegisteredFunction[];
  routePrefix: string;
  environment: Environment;
  log: HostLog;
}): HostFunction[] {
  const { registered, routePrefix, environment, log } = options;
  const functions: HostFunction[] = [];
  for (const fn of registered) {
    const indexed = indexFunction(fn, routePrefix, environment);
    if (typeof indexed !== 'string') functions.push(indexed);
    else log('error', 'host', `The function '${fn.metadata.name}' is not available: ${indexed}`);
  }
  return functions.sort((a, b) => (a.name.toUpperCase() < b.name.toUpperCase() ? -1 : 1));
}

/** The function, or the reason why it cannot run. */
function indexFunction(
  registered: RegisteredFunction,
  routePrefix: string,
  environment: Environment,
): HostFunction | string {
  const { name, bindings, retryOptions } = registered.metadata;
  if (!/^(?!host$)[a-z][a-z0-9_-]{0,127}$/i.test(name)) return 'its name is not valid.';
  if (retryOptions !== undefined) return 'this host does not support retry policies.';
  const [trigger, ...others] = Object.entries(bindings).filter(([, binding]) => binding.type !== 'http');
  if (!trigger || others.length > 0) return 'this host supports only a trigger and the HTTP response.';
  const [input, binding] = trigger;
  const disabled = /^(true|1)$/i.test(environment[`AzureWebJobs.${name}.Disabled`] ?? '');
  const any = { name, input, disabled, registered };
  switch (binding.type) {
    case 'httpTrigger':
      return { ...any, kind: 'http', ...httpOptions(binding, name, routePrefix) };
    case 'timerTrigger': {
      const expression = withSettings(textProperty(binding, 'schedule'), environment);
      const schedule = expression === undefined ? undefined : parseSchedule(expression);
      return schedule ? { ...any, kind: 'timer', schedule } : 'its schedule is no NCRONTAB expression.';
    }
    case 'queueTrigger': {
      const queue = withSettings(textProperty(binding, 'queueName'), environment)?.toLowerCase();
      if (!queue || !/^(?=.{3,63}$)[a-z0-9]+(-[a-z0-9]+)*$/.test(queue)) return 'its queue name is not valid.';
      const connection = textProperty(binding, 'connection') ?? 'AzureWebJobsStorage';
      const connectionString = environment[connection] ?? environment[`AzureWebJobs${connection}`];
      return connectionString
        ? { ...any, kind: 'queue', queue, connectionString }
        : `there is no storage connection string in the setting '${connection}'.`;
    }
    default:
      return `this host does not support the binding type '${binding.type}'.`;
  }
}

function httpOptions(
  binding: Binding,
  name: string,
  routePrefix: string,
): Pick<HttpFunction, 'route' | 'methods' | 'authLevel'> {
  const parsed = parseRouteTemplate(
    [routePrefix, textProperty(binding, 'route') ?? name].filter((part) => part !== '').join('/'),
  );
  if (parsed.kind === 'invalid') throw new HostStartError(`The function '${name}': ${parsed.reason}`);
  const methods = (binding['methods'] as readonly string[]).map((method) => method.toUpperCase());
  return { route: parsed.template, methods, authLevel: binding['authLevel'] as AccessLevel };
}

function textProperty(binding: Binding, property: string): string | undefined {
  const value = binding[property];
  return typeof value === 'string' ? value : undefined;
}

/** Replaces `%NAME%` by the setting. `undefined` when the setting does not exist. */
function withSettings(value: string | undefined, environment: Environment): string | undefined {
  const names = [...(value ?? '').matchAll(/%([^%]+)%/g)].map((match) => match[1] ?? '');
  if (names.some((name) => environment[name] === undefined)) return undefined;
  return value?.replace(/%([^%]+)%/g, (_, name: string) => environment[name] ?? '');
}
