import type { RequestPolicy } from './storage-clients.ts';

/**
 * An unconditional delete in the body of a transaction, up to its `if-match`. JSON has no raw line breaks, so the content
 * of a row cannot match.
 */
const UNCONDITIONAL_DELETE = /(\r\nDELETE [^\r\n]+\r\n(?:[^\r\n]+\r\n)*?if-match: )\*(?=\r\n)/gi;

/**
 * Puts the ETags of the deletes, in their order, into one transaction. The `submitTransaction` of
 * @azure/data-tables 13.3.2 drops the ETags and deletes unconditionally. Rejects when the number of deletes
 * in the body differs from the number of ETags, which means that the SDK has changed. The policy must run
 * before signing and retries.
 */
export function deleteConditions(etags: readonly string[]): RequestPolicy {
  return {
    name: 'deleteConditions',
    sendRequest(request, next) {
      let found = 0;
      if (typeof request.body !== 'string') throw new TypeError('the body of a transaction is not a string');
      const body = request.body.replace(UNCONDITIONAL_DELETE, (_, start: string) => `${start}${etags[found++] ?? ''}`);
      if (found !== etags.length) throw new Error(`${found} deletes in the transaction instead of ${etags.length}`);
      request.body = body;
      return next(request);
    },
  };
}
