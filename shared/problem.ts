/**
 * Every reason for refusing a request: a stable code with its HTTP status and title (RFC 9457). A
 * code never changes its meaning and is never reused.
 */
export const problems = {
  'body-invalid': { status: 400, title: 'The request body is not valid' },
  'query-invalid': { status: 400, title: 'A query parameter is not valid' },
  'call-refused': { status: 400, title: 'Customer Insights refused the call' },
  'callback-url-not-allowed': { status: 400, title: 'The callback URL is not allowed' },
  'not-authenticated': { status: 401, title: 'Not authenticated' },
  'instance-not-allowed': { status: 403, title: 'The instance is not allowed' },
  'operator-keys-missing': { status: 403, title: 'The operator API is switched off' },
  'data-actions-off': { status: 403, title: 'The data actions are switched off' },
  'data-role-missing': { status: 403, title: 'The data role is missing' },
  'cross-site-call': { status: 403, title: 'Calls from pages of other sites are not allowed' },
  'operator-role-missing': { status: 403, title: 'The operator role is missing' },
  'operator-read-only': { status: 403, title: 'The operator may only read' },
  'trigger-unknown': { status: 404, title: 'No such trigger' },
  'instance-unknown': { status: 404, title: 'No such instance' },
  'segment-unknown': { status: 404, title: 'No such segment' },
  'measure-unknown': { status: 404, title: 'No such measure' },
  'data-source-unknown': { status: 404, title: 'No such data source' },
  'entity-unknown': { status: 404, title: 'No such entity' },
  'item-unknown': { status: 404, title: 'No such item' },
  'partition-unknown': { status: 404, title: 'No such partition' },
  'subscription-unknown': { status: 404, title: 'No such subscription' },
  'event-unknown': { status: 404, title: 'No such event' },
  'delivery-unknown': { status: 404, title: 'No such delivery' },
  'recovery-unknown': { status: 404, title: 'No such recovery' },
  'queue-unknown': { status: 404, title: 'No such queue' },
  'item-exists': { status: 409, title: 'The item exists already' },
  'callback-host-unresolved': { status: 503, title: 'The host of the callback URL cannot be resolved' },
  'subscription-changing': { status: 503, title: 'The subscription is being changed by another call' },
  'label-ambiguous': { status: 409, title: 'Several subscriptions have this label' },
  'subscription-ended': { status: 409, title: 'The subscription has ended' },
  'delivery-changing': { status: 409, title: 'The delivery is being changed by another call' },
  'subscriptions-exhausted': { status: 409, title: 'Too many subscriptions' },
  'length-required': { status: 411, title: 'Content-Length is required' },
  'body-too-large': { status: 413, title: 'The request body is too large' },
  'entity-without-key': { status: 422, title: 'The entity has no key of a single column' },
  'partition-unreadable': { status: 422, title: 'The data of the partition cannot be read' },
  'measure-has-dimension': { status: 422, title: 'The measure has a dimension' },
  'too-many-calls': { status: 429, title: 'Too many calls' },
  'too-many-wrong-keys': { status: 429, title: 'Too many wrong operator keys' },
  'instance-calls-exhausted': { status: 429, title: 'Too many calls to the instance' },
  'customer-insights-throttled': { status: 429, title: 'Customer Insights limits the calls' },
  'customer-insights-unavailable': { status: 503, title: 'Customer Insights did not respond' },
  'customer-insights-unconfirmed': { status: 503, title: 'Customer Insights did not confirm the change' },
  'customer-insights-path-unknown': {
    status: 503,
    title: 'A setting contains a path that Customer Insights does not have',
  },
  'customer-insights-refused-us': { status: 503, title: 'Customer Insights refused the credentials of this service' },
  'storage-unavailable': { status: 503, title: 'Storage did not respond' },
  'settings-invalid': { status: 503, title: 'Settings are missing or wrong' },
} as const satisfies Record<string, { status: number; title: string }>;

export type ProblemCode = keyof typeof problems;

/**
 * One error in a body: a JSON Pointer (RFC 6901) to the property, and a message. The property's
 * name and the message together form a sentence (`threshold` `must be a number`).
 */
export interface BodyError {
  readonly pointer: string;
  readonly message: string;
}

/**
 * An expected refusal. `detail` is a sentence that a flow maker understands. It never repeats a
 * callback URL.
 */
export interface Refusal {
  readonly kind: 'refused';
  readonly code: ProblemCode;
  readonly detail: string;
  readonly errors?: readonly BodyError[];
  /** The name of the invalid query parameter, as programs send it. */
  readonly parameter?: string;
  readonly retryAfterMs?: number;
}

export function refusal(
  code: ProblemCode,
  detail: string,
  details: { errors?: readonly BodyError[]; parameter?: string; retryAfterMs?: number } = {},
): Refusal {
  return { kind: 'refused', code, detail, ...details };
}

/** The refusal for an instance that Customer Insights does not show to this service. */
export function instanceUnknown(): Refusal {
  return refusal(
    'instance-unknown',
    'Customer Insights does not show this instance to this service: it may have been deleted, its ID may be wrong, or the service may have no access to it. Choose Instance from the list. If your instance exists in Customer Insights but is not in the list, ask the operator of this service (whoever set up this connector for you) for access to it.',
  );
}
