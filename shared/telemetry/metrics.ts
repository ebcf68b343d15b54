/** How a metric is kept: summed up, up and down, as its last value, or as a distribution. */
export type MetricKind = 'counter' | 'up-down counter' | 'gauge' | 'histogram';

export interface Metric {
  readonly kind: MetricKind;
  /** A unit of UCUM, as OpenTelemetry writes them: `s`, or what is counted in braces. */
  readonly unit: string;
  readonly meaning: string;
  /** The attributes that a measurement may have. Each has few values: every combination is a series that is paid for. */
  readonly by: readonly AttributeName[];
}

/**
 * The attributes of measurements and spans. The list is closed so that nothing else gets out: no callback URL, no key, no body. Names
 * with `triggers.` are our own, the others those of OpenTelemetry (opentelemetry.io/docs/specs/semconv).
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
  | 'triggers.place'
  | 'triggers.source'
  | 'triggers.subscription.id'
  | 'triggers.subscription.status'
  | 'triggers.trigger';

/** All metrics. `docs/operate.md` says when to worry, and is checked against this table. */
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
    meaning: 'from when something happened in Customer Insights to when it was found, for events that concern somebody',
    by: ['triggers.trigger'],
  },
  'triggers.fan_out.size': {
    kind: 'histogram',
    unit: '{subscription}',
    meaning: 'subscriptions that an event concerns',
    by: ['triggers.trigger'],
  },
  'triggers.attempt.duration': {
    kind: 'histogram',
    unit: 's',
    meaning: 'one POST to a flow; their number is that of the attempts',
    by: ['triggers.delivery.code'],
  },
  'triggers.attempt.in_flight': {
    kind: 'up-down counter',
    unit: '{attempt}',
    meaning: 'attempts that are being made, at most 256 in each process',
    by: [],
  },
  'triggers.delivery.lag': {
    kind: 'histogram',
    unit: 's',
    meaning: 'from when something happened in Customer Insights to when a flow had accepted it',
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
    meaning: 'subscriptions that became `active`, `paused`, `disabled` or `gone` by what their flows answered',
    by: ['triggers.subscription.status'],
  },
  'triggers.queue.age': {
    kind: 'histogram',
    unit: 's',
    meaning: 'how long a message lay in its queue beyond the time at which it was due',
    by: ['messaging.destination.name'],
  },
  'triggers.queue.length': {
    kind: 'gauge',
    unit: '{message}',
    meaning: 'messages in a work queue, delayed ones too, as the hourly sweep saw it',
    by: ['messaging.destination.name'],
  },
  'triggers.queue.poison': {
    kind: 'gauge',
    unit: '{message}',
    meaning: 'messages that failed five times, as the hourly sweep saw it',
    by: ['messaging.destination.name'],
  },
  'messaging.process.duration': {
    kind: 'histogram',
    unit: 's',
    meaning: 'the work on one message',
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
    meaning:
      'requests to Customer Insights that the limit of their instance had a place for (`admitted`), or none (`refused`)',
    by: ['triggers.instance.id', 'triggers.place'],
  },
} as const satisfies Record<string, Metric>;

export type MetricName = keyof typeof metrics;
