/**
 * What storage and Customer Insights allow at most. Sources: learn.microsoft.com/azure/storage/tables/scalability-targets,
 * …/storage/queues/scalability-targets, and the 100 calls a minute that Customer Insights allows for each instance.
 */
export const limits = {
  requestsPerSecondOfAccount: 20_000,
  rowsPerSecondOfPartition: 2_000,
  messagesPerSecondOfQueue: 2_000,
  insightsCallsPerMinute: 100,
  /** Of those, what is kept for polls: `shared/insights`. */
  insightsCallsForPolls: 30,
} as const;
