import type { Session } from './session.ts';

/** The result of a call. `detail` is a sentence for the page. */
export type Answer<T> =
  | { readonly kind: 'answered'; readonly value: T }
  | { readonly kind: 'refused'; readonly status: number; readonly detail: string }
  | { readonly kind: 'unreachable'; readonly detail: string };

export type Query = Readonly<Record<string, string | number | undefined>>;

/** A page of a list. `next` is passed unchanged to get the following page. */
export interface Page<T> {
  readonly value: readonly T[];
  readonly next: string | undefined;
  /** The time back to which deliveries were searched. Present when there is a next page. */
  readonly lookedBackTo?: string;
  /** There may be items that no page has, because not all of them could be sorted. */
  readonly more?: boolean;
}

/** The operator API of the app that serves this page. */
export interface OperatorApi {
  get<T>(path: string, query?: Query, signal?: AbortSignal): Promise<Answer<T>>;
  list<T>(path: string, query?: Query, signal?: AbortSignal): Promise<Answer<Page<T>>>;
  post<T>(path: string, body?: object): Promise<Answer<T>>;
  /** A call whose response has no body. */
  delete(path: string): Promise<Answer<undefined>>;
}

export interface OperatorApiOptions {
  readonly fetch: typeof fetch;
  readonly session: Session;
  /** Called when the API requires a sign-in or a key. */
  readonly onUnknown: (detail: string) => void;
  /** Called when a response says whether the operator may only read. */
  readonly onAccess: (isReadOnly: boolean) => void;
}

/** The result of an action as a sentence. */
export function answerSentence<T>(answer: Answer<T>, say: (value: T) => string): Answer<string> {
  return answer.kind === 'answered' ? { kind: 'answered', value: say(answer.value) } : answer;
}

/**
 * Creates the client of the operator API. Paths are relative to the page, which the same app
 * serves.
 */
export function operatorApi({ fetch, session, onUnknown, onAccess }: OperatorApiOptions): OperatorApi {
  async function call<T>(path: string, init: RequestInit): Promise<Answer<T>> {
    const key = session.key();
    const headers = { ...(init.body && { 'content-type': 'application/json' }), ...(key && { 'x-operator-key': key }) };
    let response: Response;
    let text: string;
    try {
      response = await fetch(`manage/${path}`, { ...init, headers, redirect: 'error' });
      text = await response.text();
    } catch (error) {
      if (init.signal?.aborted) throw error;
      return { kind: 'unreachable', detail: 'The app does not respond. The page tries again.' };
    }
    const access = response.headers.get('x-operator-access');
    if (access !== null && session.key() === key) onAccess(access === 'read');
    const body = parsed(text);
    if (response.status === 204) return { kind: 'answered', value: undefined as T };
    if (response.ok && body === undefined) {
      return {
        kind: 'unreachable',
        detail: 'A proxy in front of the app answered instead of it. The page tries again.',
      };
    }
    if (response.ok) return { kind: 'answered', value: body as T };
    const detail = detailOf(body) ?? `The app answered ${response.status}.`;
    // The refused key was replaced meanwhile, so no new sign-in is needed.
    if (response.status === 401 && session.key() === key) onUnknown(detail);
    return { kind: 'refused', status: response.status, detail };
  }
  return {
    get: (path, query = {}, signal) => call(path + search(query), { method: 'GET', ...(signal && { signal }) }),
    async list(path, query = {}, signal) {
      const answer = await call<{ value: never[]; nextLink?: string; lookedBackTo?: string; more?: true }>(
        path + search(query),
        {
          method: 'GET',
          ...(signal && { signal }),
        },
      );
      if (answer.kind !== 'answered') return answer;
      const { value, nextLink, lookedBackTo, more } = answer.value;
      // A next link uses the public base URL of the app, which may differ from the URL of this
      // page.
      const next = nextLink === undefined ? undefined : (new URL(nextLink).searchParams.get('next') ?? undefined);
      const page = { value, next, ...(lookedBackTo !== undefined && { lookedBackTo }), ...(more && { more }) };
      return { kind: 'answered', value: page };
    },
    delete: (path) => call(path, { method: 'DELETE' }),
    post: (path, body = {}) => call(path, { method: 'POST', body: JSON.stringify(body) }),
  };
}

function search(query: Query): string {
  const given = Object.entries(query).flatMap(([name, value]): [string, string][] =>
    value === undefined || value === '' ? [] : [[name, String(value)]],
  );
  return given.length === 0 ? '' : `?${new URLSearchParams(given).toString()}`;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** The detail of a problem document. */
function detailOf(body: unknown): string | undefined {
  if (typeof body !== 'object' || body === null || !('detail' in body)) return undefined;
  return typeof body.detail === 'string' ? body.detail : undefined;
}
