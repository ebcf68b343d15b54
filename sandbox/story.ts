import type { CallbackCall } from './flow-platform/call-log.ts';
import type { FlowPlatform } from './flow-platform/start-flow-platform.ts';
import { parseHostLine } from './host-lines.ts';

/** Who a line of the story is about. */
export type Narrator = 'Customer Insights' | 'poll' | 'flow' | 'backend';

/** Tells what happens, one line each, as it happens. */
export interface Story {
  tell(who: Narrator, what: string): void;
  /** Something that happens in Customer Insights now; the next callback is told with its distance to it. */
  news(what: string): void;
  /** Takes in a line of the functions host: it says when polls begin, and what an operator should look at. */
  see(line: string): void;
  /** Tells of every callback that reaches the platform until `signal` is aborted. */
  follow(platform: FlowPlatform, signal: AbortSignal): Promise<void>;
}

/** The longest a timer can run. */
const FOR_EVER_MS = 2 ** 31 - 1;

export function createStory({ write, now }: { write: (line: string) => void; now: () => number }): Story {
  const beganAtMs = now();
  const knownEvents = new Set<unknown>();
  const attempts = new Map<unknown, number>();
  let newsAtMs: number | undefined;
  let polledAtMs = beganAtMs;

  const tell = (who: Narrator, what: string): void => {
    write(`${((now() - beganAtMs) / 1000).toFixed(2).padStart(8)} s  ${who.padEnd(17)}  ${what}`);
  };

  const tellCall = (call: CallbackCall, flowName: string): void => {
    const body = call.body as Readonly<Record<string, unknown>>;
    const attempt = (attempts.get(body['deliveryId']) ?? 0) + 1;
    attempts.set(body['deliveryId'], attempt);
    if (!knownEvents.has(body['eventId'])) tell('poll', `finds that ${factOf(body)}`);
    knownEvents.add(body['eventId']);
    const distances = [`${call.receivedAtMs - polledAtMs} ms after the poll began`];
    if (newsAtMs !== undefined) distances.push(`${call.receivedAtMs - newsAtMs} ms after the change`);
    newsAtMs = undefined;
    const when = attempt === 1 ? distances.join(', ') : `attempt ${attempt}`;
    tell('flow', `"${flowName}" is called and ${answerOf(call)} (${when})`);
  };

  return {
    tell,
    news: (what) => {
      tell('Customer Insights', what);
      newsAtMs = now();
    },
    see: (line) => {
      const told = parseHostLine(line);
      if (told.kind === 'executing' && told.name === 'poll-instance') polledAtMs = told.atMs;
      if (told.kind === 'warning') tell('backend', told.text);
      const complaint = complaintOf(line);
      if (complaint !== undefined) tell('backend', complaint);
    },
    follow: async (platform, signal) => {
      for (let told = 0; ; told++) {
        try {
          await platform.waitForCalls(told + 1, FOR_EVER_MS);
        } catch (error) {
          if (signal.aborted) return;
          throw error;
        }
        const call = platform.calls[told];
        const flow = platform.flows.find(({ id }) => id === call?.flowId);
        if (call) tellCall(call, flow?.definition.name ?? 'nobody here');
      }
    },
  };
}

/** What a callback says, as a clause. */
function factOf(body: Readonly<Record<string, unknown>>): string {
  const said = (name: string): string => {
    const value = body[name];
    return typeof value === 'string' || typeof value === 'number' ? String(value) : '?';
  };
  switch (body['trigger']) {
    case 'segment-threshold-crossed':
    case 'measure-threshold-crossed':
      return `${said('displayName')} rose from ${said('previousValue')} to ${said('value')}`;
    case 'data-source-refresh-failed':
    case 'data-source-refresh-succeeded': {
      const why = body['errorMessage'] === undefined ? '' : ` (${said('errorMessage')})`;
      return `the refresh of ${said('dataSourceName')} ended: ${said('refreshStatus')}${why}`;
    }
    case 'full-refresh-completed':
      return `the scheduled full refresh ended: ${said('status')}`;
    case 'unification-refresh-completed':
      return `the unification ended: ${said('status')}`;
    default:
      return 'something happened that this story has no words for';
  }
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
      return 'cuts the connection';
  }
}

/** What the app itself warns of: its log lines are JSON. */
function complaintOf(line: string): string | undefined {
  if (!line.startsWith('{"event":')) return undefined;
  try {
    const { event, level, ...fields } = JSON.parse(line) as Record<string, unknown>;
    if (level === 'info') return undefined;
    const details = Object.entries(fields).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
    return [String(level), String(event), ...details].join(' ');
  } catch {
    return undefined;
  }
}
