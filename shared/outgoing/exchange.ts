import type { IncomingHttpHeaders } from 'node:http';
import type { Agent, Dispatcher } from 'undici';

/** What came back. */
export interface Exchange {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** At most `maxBytes` of it, read as UTF-8; absent of a success, which says all with its head. */
  readonly body?: string;
  /** Whether the answer was longer than what was read of it. */
  readonly isCut?: true;
}

/**
 * Sends one request and reads its answer under one deadline over all of it, the wait for a connection included: `late` when it passes. At
 * most `maxBytes` of the body are read, then the connection is destroyed. A 2xx head is a success whatever becomes of its body; any
 * other answer counts once its body is read. Rejects with what went wrong on the way.
 *
 * Built on `dispatch`, since the stream and the abort signal of `Agent.request` cost as much as all the rest of a call.
 */
export function exchangeOver(
  agent: Agent,
  request: Dispatcher.DispatchOptions,
  { timeoutMs, maxBytes }: { timeoutMs: number; maxBytes: number },
): Promise<Exchange | 'late'> {
  return new Promise((resolve, reject) => {
    let controller: Dispatcher.DispatchController | undefined;
    let head: Exchange | undefined;
    const parts: Buffer[] = [];
    let size = 0;

    let late: Error | undefined;
    const timer = setTimeout(() => {
      late = new Error('the deadline has passed');
      end(() => resolve('late'));
      controller?.abort(late);
    }, timeoutMs);
    /** A success, if the head said so; otherwise what `failed` makes of it. */
    const end = (failed: () => void): void => {
      clearTimeout(timer);
      if (head !== undefined && head.status >= 200 && head.status < 300) resolve(head);
      else failed();
    };
    const complete = (): void =>
      end(() => {
        const body = new TextDecoder().decode(Buffer.concat(parts).subarray(0, maxBytes));
        if (head) resolve({ ...head, body, ...(size >= maxBytes && { isCut: true }) });
        else reject(new Error('an answer without a head'));
      });

    agent.dispatch(request, {
      onRequestStart: (started) => {
        controller = started;
        // It waited for its connection until nobody waited for it any more: nothing is sent.
        if (late) started.abort(late);
      },
      onResponseStart: (_, status, headers) => {
        // An interim answer is not the answer.
        if (status >= 200) head = { status, headers };
      },
      onResponseData: (reading, part) => {
        parts.push(part);
        size += part.length;
        if (size < maxBytes) return;
        complete();
        reading.abort(new Error('the answer is too long'));
      },
      onResponseEnd: complete,
      onResponseError: (_, error) => end(() => reject(error)),
    });
  });
}
