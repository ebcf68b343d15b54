import { unreachable } from '../shared/unreachable.ts';
import type { CallbackCall } from './flow-platform/call-log.ts';
import type { TriggerSegment } from './flow-platform/notification-schemas.ts';
import type { FlowPlatform } from './flow-platform/start-flow-platform.ts';
import { parseHostLine } from './host-lines.ts';

/** The subject of a line. */
export type Narrator = 'Customer Insights' | 'poll' | 'flow' | 'backend';

/** Reports what happens, one line per event, as it happens. */
export interface Story {
  report(subject: Narrator, text: string): void;
  /**
   * Reports a change in Customer Insights. The next callback is reported with the time since this
   * change.
   */
  change(text: string): void;
  /**
   * Reads a line of the functions host, which reports the starts of polls and warnings for the
   * operator.
   */
  readLine(line: string): void;
  /** Reports every callback to the platform until `signal` is aborted. */
  follow(platform: FlowPlatform, signal: AbortSignal): Promise<void>;
}

/** The longest possible timer. */
const FOR_EVER_MS = 2 ** 31 - 1;

export function createStory({ write, now }: { write: (line: string) => void; now: () => number }): Story {
  const beganAtMs = now();
  const knownEvents = new Set<unknown>();
  const attempts = new Map<unknown, number>();
  let changedAtMs: number | undefined;
  let polledAtMs = beganAtMs;
  let followed: FlowPlatform | undefined;

  const report = (subject: Narrator, text: string): void => {
    write(`${((now() - beganAtMs) / 1000).toFixed(2).padStart(8)} s  ${subject.padEnd(17)}  ${text}`);
  };

  const reportCall = (call: CallbackCall, flowName: string): void => {
    const body = call.body as Readonly<Record<string, unknown>>;
    const attempt = (attempts.get(body['deliveryId']) ?? 0) + 1;
    attempts.set(body['deliveryId'], attempt);
    if (!knownEvents.has(body['eventId'])) report('poll', `finds that ${factOf(body)}`);
    knownEvents.add(body['eventId']);
    const distances = [`${call.receivedAtMs - polledAtMs} ms after the poll began`];
    if (changedAtMs !== undefined) distances.push(`${call.receivedAtMs - changedAtMs} ms after the change`);
    changedAtMs = undefined;
    const when = attempt === 1 ? distances.join(', ') : `attempt ${attempt}`;
    report('flow', `"${flowName}" is called and ${answerOf(call)} (${when})`);
  };

  return {
    report,
    change: (text) => {
      report('Customer Insights', text);
      changedAtMs = now();
    },
    readLine: (line) => {
      const parsed = parseHostLine(line);
      if (parsed.kind === 'executing' && parsed.name === 'poll-instance') polledAtMs = parsed.atMs;
      if (parsed.kind === 'warning') report('backend', parsed.text);
      const logged = logLineOf(line);
      if (logged === undefined) return;
      const warning = warningOf(logged);
      if (warning !== undefined) report('backend', warning);
      // The platform reports its own calls. It has received the call before the backend logs the
      // attempt.
      const isOfPlatform = followed?.calls.some(({ body }) => deliveryIdIn(body) === logged['deliveryId']) ?? true;
      if (logged['event'] === 'delivery.attempted' && !isOfPlatform) report('flow', attemptOf(logged));
    },
    follow: async (platform, signal) => {
      followed = platform;
      for (let reported = 0; ; reported++) {
        try {
          await platform.waitForCalls(reported + 1, FOR_EVER_MS);
        } catch (error) {
          if (signal.aborted) return;
          throw error;
        }
        const call = platform.calls[reported];
        const flow = platform.flows.find(({ id }) => id === call?.flowId);
        if (call) reportCall(call, flow?.definition.name ?? 'nobody here');
      }
    },
  };
}

type Body = Readonly<Record<string, unknown>>;

/** The fact in a callback, as a clause. */
function factOf(body: Body): string {
  const known: Readonly<Record<string, ((body: Body) => string) | undefined>> = facts;
  return known[String(body['trigger'])]?.(body) ?? 'an event of an unknown trigger occurred';
}

const facts: Readonly<Record<TriggerSegment, (body: Body) => string>> = {
  'segment-threshold-crossed': rise,
  'measure-threshold-crossed': rise,
  'data-source-refresh-failed': dataSourceRefresh,
  'data-source-refresh-succeeded': dataSourceRefresh,
  'full-refresh-completed': (body) => `the scheduled full refresh ended: ${shownField(body, 'status')}`,
  'unification-refresh-completed': (body) => `the unification ended: ${shownField(body, 'status')}`,
};

function rise(body: Body): string {
  return `${shownField(body, 'displayName')} rose from ${shownField(body, 'previousValue')} to ${shownField(body, 'value')}`;
}

function dataSourceRefresh(body: Body): string {
  const why = body['errorMessage'] === undefined ? '' : ` (${shownField(body, 'errorMessage')})`;
  return `the refresh of ${shownField(body, 'dataSourceName')} ended: ${shownField(body, 'refreshStatus')}${why}`;
}

function shownField(body: Body, name: string): string {
  const value = body[name];
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '?';
}

function answerOf({ answer }: CallbackCall): string {
  switch (answer.kind) {
    case 'accept':
      return `runs, answering ${answer.status}${answer.delayMs > 0 ? ` in ${answer.delayMs} ms` : ''}`;
    case 'refuse':
      return `answers ${[answer.status, answer.error?.code].filter((part) => part !== undefined).join(' ')}`;
    case 'redirect':
      return 'answers with a redirect';
    case 'hang':
      return 'does not answer';
    case 'reset':
      return 'closes the connection';
    default:
      return unreachable(answer);
  }
}

type LogLine = Readonly<Record<string, unknown>>;

/** A log line of the app, which is JSON. */
function logLineOf(line: string): LogLine | undefined {
  if (!line.startsWith('{"event":')) return undefined;
  try {
    return JSON.parse(line) as LogLine;
  } catch {
    return undefined;
  }
}

function warningOf({ event, level, ...fields }: LogLine): string | undefined {
  if (level === 'info') return undefined;
  const details = Object.entries(fields).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
  return [String(level), String(event), ...details].join(' ');
}

function deliveryIdIn(body: unknown): unknown {
  return typeof body === 'object' && body !== null && 'deliveryId' in body ? body.deliveryId : undefined;
}

/** An attempt to call a subscription whose callback URL is not on the platform, as a sentence. */
function attemptOf({ trigger, status, code, attempt, decision }: LogLine): string {
  const answer = typeof status === 'number' ? `answers ${status}` : `does not answer (${String(code)})`;
  const next = decision === 'retrying' ? ', and is tried again' : '';
  return `a subscription made by hand to ${String(trigger)} is called and ${answer}${next} (attempt ${String(attempt)})`;
}
