import type { IncomingHttpHeaders } from 'node:http';
import type { Agent, Dispatcher } from 'undici';

/** The response to a request. */
export interface Exchange {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** At most `maxBytes`, decoded as UTF-8. Absent for 2xx, whose headers are sufficient. */
  readonly body?: string;
  /** Present when reading stopped at `maxBytes`. */
  readonly isCut?: true;
}

/**
 * Sends one request and reads its response. One timeout covers everything, including the wait for a
 * connection. Resolves with `late` when the timeout passes. Reads at most `maxBytes` of the body
 * and then destroys the connection. A 2xx response is a success once its headers have arrived,
 * whatever happens to its body. Any other response is complete only when its body has been read.
 * Rejects with the connection's error.
 *
 * Uses `dispatch`, because the stream and the abort signal of `Agent.request` cost as much as the
 * rest of the call.
 */
export function exchangeOver(
  agent: Agent,
  request: Dispatcher.DispatchOptions,
  { timeoutMs, maxBytes }: { timeoutMs: number; maxBytes: number },
): Promise<Exchange | 'late'> {
  return new Promise((resolve, reject) => {
    let controller: Dispatcher.DispatchController | undefined;
    /** The status and headers, once they have arrived. */
    let head: Exchange | undefined;
    const parts: Buffer[] = [];
    let size = 0;

    let late: Error | undefined;
    const timer = setTimeout(() => {
      late = new Error('the timeout has passed');
      end(() => resolve('late'));
      controller?.abort(late);
    }, timeoutMs);
    /**
     * Ends the exchange. Resolves with a success if 2xx headers have arrived. Otherwise calls
     * `otherwise`.
     */
    const end = (otherwise: () => void): void => {
      clearTimeout(timer);
      if (head !== undefined && head.status >= 200 && head.status < 300) resolve(head);
      else otherwise();
    };
    const complete = (): void =>
      end(() => {
        const body = new TextDecoder().decode(Buffer.concat(parts).subarray(0, maxBytes));
        if (head) resolve({ ...head, body, ...(size >= maxBytes && { isCut: true }) });
        else reject(new Error('a response without headers'));
      });

    agent.dispatch(request, {
      onRequestStart: (started) => {
        controller = started;
        // The timeout passed while the request waited for a connection. Nothing is sent.
        if (late) started.abort(late);
      },
      onResponseStart: (_, status, headers) => {
        // 1xx responses are not final.
        if (status >= 200) head = { status, headers };
      },
      onResponseData: (reading, part) => {
        parts.push(part);
        size += part.length;
        if (size < maxBytes) return;
        complete();
        reading.abort(new Error('the response is too long'));
      },
      onResponseEnd: complete,
      onResponseError: (_, error) => end(() => reject(error)),
    });
  });
}
