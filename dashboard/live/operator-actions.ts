/** What operators do, in words, by the name of the function. */
const actions: Readonly<Record<string, string>> = {
  'ManageDeliveries-redeliver': 'Redelivered',
  'ManageQueues-redrive': 'Redrove a queue',
  'ManageRecoveries-start': 'Recovered over all subscriptions',
  'ManageSubscriptions-end': 'Ended a subscription',
  'ManageSubscriptions-pause': 'Paused a subscription',
  'ManageSubscriptions-resume': 'Resumed a subscription',
  'ManageSubscriptions-test': 'Sent a test event',
  'ManageSubscriptions-recover': 'Recovered a subscription',
  'ManageConnections-move': 'Moved a connection',
};

/** An action in words. One that has none is shown by the name of its function. */
export function actionName(action: string): string {
  return actions[action] ?? action;
}
