import type { RequestPolicy } from './storage-clients.ts';

/** A delete within a transaction's body, up to the condition that the SDK gives it. JSON has no raw line breaks, so no row can look like it. */
const BLIND_DELETE = /(\r\nDELETE [^\r\n]+\r\n(?:[^\r\n]+\r\n)*?if-match: )\*(?=\r\n)/gi;

/**
 * Puts the etags of the deletes, in their order, into one transaction. @azure/data-tables 13.3.2 drops them: its
 * `submitTransaction` deletes whatever is there. Rejects when it does not find as many deletes as etags (the SDK has changed). Goes before signing and repeating.
 */
export function deleteConditions(etags: readonly string[]): RequestPolicy {
  return {
    name: 'deleteConditions',
    sendRequest(request, next) {
      let found = 0;
      if (typeof request.body !== 'string') throw new TypeError('the body of a transaction is no text');
      const body = request.body.replace(BLIND_DELETE, (_, start: string) => `${start}${etags[found++] ?? ''}`);
      if (found !== etags.length) throw new Error(`${found} deletes in the transaction instead of ${etags.length}`);
      request.body = body;
      return next(request);
    },
  };
}
