/**
 * The limits of storage and Customer Insights. Sources:
 * learn.microsoft.com/azure/storage/tables/scalability-targets,
 * …/storage/queues/scalability-targets, and the 100 calls per minute that Customer Insights allows
 * for each instance.
 */
export const limits = {
  requestsPerSecondOfAccount: 20_000,
  rowsPerSecondOfPartition: 2_000,
  messagesPerSecondOfQueue: 2_000,
  insightsCallsPerMinute: 100,
  /** The part of these calls that is reserved for polls by `shared/insights`. */
  insightsCallsForPolls: 30,
} as const;
