/**
 * Public list prices, pay as you go, East US, US dollars, read on 2026-11-28. The free monthly
 * amount is subtracted. Sources: azure.microsoft.com/pricing/details/functions (Flex Consumption,
 * on demand), …/storage/tables, …/storage/queues (general purpose v2, LRS), …/monitor (Analytics
 * logs).
 */
export const prices = {
  readOn: '2026-11-28',
  functions: { perGBSecond: 0.000026, perMillionExecutions: 0.4, freeGBSeconds: 100_000, freeExecutions: 250_000 },
  tables: { per10kRequests: 0.00036, perGBMonth: 0.045 },
  queues: { per10kRequests: 0.004 },
  logs: { perGB: 2.3, freeGB: 5 },
} as const;
