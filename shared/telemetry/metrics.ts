/**
 * How a metric is aggregated: as a sum, as a sum that can decrease, as its last value, or as a
 * distribution.
 */
export type MetricKind = 'counter' | 'up-down counter' | 'gauge' | 'histogram';

export interface Metric {
  readonly kind: MetricKind;
  /**
   * The unit as OpenTelemetry writes it, in UCUM: `s`, `1` for a ratio, or the counted thing in
   * braces.
   */
  readonly unit: string;
  /** What one measurement measures. */
  readonly meaning: string;
  /**
   * The attributes of a measurement. Each has few values, because every combination of values is a
   * time series that costs money.
   */
  readonly by: readonly AttributeName[];
}

/**
 * The attributes of measurements and spans. The list is closed so that no callback URL, key or body
 * can be exported. Names that begin with `triggers.` belong to this app, the others to
 * OpenTelemetry (opentelemetry.io/docs/specs/semconv).
 */
export type AttributeName =
  | 'error.type'
  | 'http.request.method'
  | 'http.request.resend_count'
  | 'http.response.status_code'
  | 'messaging.destination.name'
  | 'messaging.operation.name'
  | 'messaging.operation.type'
  | 'messaging.system'
  | 'server.address'
  | 'triggers.chunk.index'
  | 'triggers.chunk.size'
  | 'triggers.delivery.code'
  | 'triggers.delivery.id'
  | 'triggers.delivery.status'
  | 'triggers.event.id'
  | 'triggers.fan_out.size'
  | 'triggers.instance.id'
  // `calls` or `subscriptions`: which limit of a connection.
  | 'triggers.limit'
  // `admitted` or `refused`: whether a call permit was granted. The name is older than the term.
  | 'triggers.place'
  // `jobs`, `segments` or `measures`: the list of Customer Insights that a poll reads.
  | 'triggers.source'
  | 'triggers.subscription.id'
  | 'triggers.subscription.status'
  | 'triggers.trigger';

/**
 * All metrics. `docs/operate.md` says which values need attention. A test compares it with this
 * table.
 */
export const metrics = {
  'triggers.poll.lag': {
    kind: 'histogram',
    unit: 's',
    meaning: 'from the last complete poll of an instance to the end of this one',
    by: ['triggers.instance.id'],
  },
  'triggers.detection.lag': {
    kind: 'histogram',
    unit: 's',
    meaning: 'from an occurrence in Customer Insights to its detection, for events that have recipients',
    by: ['triggers.trigger'],
  },
  'triggers.fan_out.size': {
    kind: 'histogram',
    unit: '{subscription}',
    meaning: 'recipients of an event',
    by: ['triggers.trigger'],
  },
  'triggers.attempt.duration': {
    kind: 'histogram',
    unit: 's',
    meaning: 'one POST to a flow; the count is the number of attempts',
    by: ['triggers.delivery.code'],
  },
  'triggers.attempt.in_flight': {
    kind: 'up-down counter',
    unit: '{attempt}',
    meaning: 'attempts in progress, at most 256 in each process',
    by: [],
  },
  'triggers.delivery.lag': {
    kind: 'histogram',
    unit: 's',
    meaning: 'from an occurrence in Customer Insights to its acceptance by a flow',
    by: ['triggers.trigger'],
  },
  'triggers.delivery.status': {
    kind: 'counter',
    unit: '{delivery}',
    meaning: 'deliveries that became `delivered`, `retrying`, `parked`, `dead` or `ended`',
    by: ['triggers.delivery.status'],
  },
  'triggers.subscription.status': {
    kind: 'counter',
    unit: '{subscription}',
    meaning:
      'subscriptions that became `active`, `paused`, `disabled` or `gone` because of the responses of their flows',
    by: ['triggers.subscription.status'],
  },
  'triggers.subscription.failing': {
    kind: 'counter',
    unit: '{subscription}',
    meaning: 'subscriptions whose flow has failed for an hour without a success, each counted once, by the reconciler',
    by: [],
  },
  'triggers.connection.usage': {
    kind: 'histogram',
    unit: '1',
    meaning:
      'share of a limit that a connection uses: `calls` in a minute, after a call, or `subscriptions`, after a subscribe request',
    by: ['triggers.limit'],
  },
  'triggers.queue.age': {
    kind: 'histogram',
    unit: 's',
    meaning: 'how long a message waited in its queue after its due time',
    by: ['messaging.destination.name'],
  },
  'triggers.queue.length': {
    kind: 'gauge',
    unit: '{message}',
    meaning: 'messages in a work queue, including delayed ones, counted by the hourly sweep',
    by: ['messaging.destination.name'],
  },
  'triggers.queue.poison': {
    kind: 'gauge',
    unit: '{message}',
    meaning: 'messages that failed five times, counted by the hourly sweep',
    by: ['messaging.destination.name'],
  },
  'messaging.process.duration': {
    kind: 'histogram',
    unit: 's',
    meaning: 'processing one message',
    by: ['messaging.system', 'messaging.operation.name', 'messaging.destination.name', 'error.type'],
  },
  'http.client.request.duration': {
    kind: 'histogram',
    unit: 's',
    meaning: 'one request to Customer Insights',
    by: ['http.request.method', 'server.address', 'http.response.status_code', 'error.type'],
  },
  'triggers.insights.places': {
    kind: 'counter',
    unit: '{call}',
    meaning: 'requests to Customer Insights that the limit of their instance allowed (`admitted`) or not (`refused`)',
    by: ['triggers.instance.id', 'triggers.place'],
  },
} as const satisfies Record<string, Metric>;

export type MetricName = keyof typeof metrics;
