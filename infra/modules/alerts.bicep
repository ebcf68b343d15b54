// Alerts over the metrics and logs of the app. docs/operate.md says what each means and what to do.
param token string
param location string
param tags object
param insightsId string
@description('Empty: alerts are not mailed.')
param alertEmail string
@secure()
@description('Called with each alert in the common alert schema. Empty: nothing is called.')
param alertWebhookUrl string

var isSent = !empty(alertEmail) || !empty(alertWebhookUrl)

resource group 'Microsoft.Insights/actionGroups@2023-01-01' = if (isSent) {
  name: 'ag-${token}'
  location: 'global'
  tags: tags
  properties: {
    groupShortName: 'triggers'
    enabled: true
    emailReceivers: empty(alertEmail)
      ? []
      : [{ name: 'operator', emailAddress: alertEmail, useCommonAlertSchema: true }]
    webhookReceivers: empty(alertWebhookUrl)
      ? []
      : [{ name: 'webhook', serviceUri: alertWebhookUrl, useCommonAlertSchema: true }]
  }
}

// Each query answers one row for each thing that is wrong.
var alerts = [
  {
    name: 'dead-letters'
    title: 'Deliveries were given up'
    severity: 2
    every: 'PT5M'
    over: 'PT15M'
    query: '''
customMetrics
| where name == 'triggers.delivery.status' and tostring(customDimensions['triggers.delivery.status']) == 'dead'
| summarize Deliveries = sum(valueSum)
| where Deliveries > 0'''
  }
  {
    name: 'poison'
    title: 'Messages failed five times'
    severity: 1
    every: 'PT15M'
    over: 'PT2H'
    query: '''
customMetrics
| where name == 'triggers.queue.poison'
| summarize Messages = max(valueMax) by Queue = tostring(customDimensions['messaging.destination.name'])
| where Messages > 0'''
  }
  {
    name: 'queue-age'
    title: 'Messages wait longer than five minutes'
    severity: 2
    every: 'PT5M'
    over: 'PT15M'
    query: '''
customMetrics
| where name == 'triggers.queue.age'
| summarize Seconds = max(valueMax) by Queue = tostring(customDimensions['messaging.destination.name'])
| where Seconds > 300'''
  }
  {
    name: 'poll-lag'
    title: 'An instance was not read completely for ten minutes'
    severity: 2
    every: 'PT5M'
    over: 'PT2H'
    query: '''
customMetrics
| where name == 'triggers.poll.lag'
| summarize Seconds = maxif(valueMax, timestamp > ago(15m)), Last = max(timestamp) by Instance = tostring(customDimensions['triggers.instance.id'])
| where Seconds > 600 or Last < ago(10m)'''
  }
  {
    name: 'failing-flows'
    title: 'Flows have failed for an hour'
    severity: 2
    every: 'PT15M'
    over: 'PT30M'
    query: '''
customMetrics
| where name == 'triggers.subscription.failing'
| summarize Subscriptions = sum(valueSum)
| where Subscriptions > 0'''
  }
  {
    name: 'stopped-subscriptions'
    title: 'Subscriptions were paused, disabled or ended'
    severity: 3
    every: 'PT15M'
    over: 'PT30M'
    query: '''
customMetrics
| where name == 'triggers.subscription.status'
| summarize Subscriptions = sum(valueSum) by Status = tostring(customDimensions['triggers.subscription.status'])
| where Status in ('paused', 'disabled', 'gone') and Subscriptions > 0'''
  }
  {
    name: 'connection-limit'
    title: 'A connection is near its limit'
    severity: 3
    every: 'PT15M'
    over: 'PT30M'
    query: '''
customMetrics
| where name == 'triggers.connection.usage'
| summarize Share = max(valueMax) by Limit = tostring(customDimensions['triggers.limit'])
| where Share >= 0.8'''
  }
]

resource rules 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = [
  for alert in alerts: {
    name: 'alert-${alert.name}-${token}'
    location: location
    tags: tags
    kind: 'LogAlert'
    properties: {
      displayName: '${alert.title} (${alert.name})'
      severity: alert.severity
      enabled: true
      autoMitigate: true
      scopes: [insightsId]
      evaluationFrequency: alert.every
      windowSize: alert.over
      // Before the first measurement there is no such table.
      skipQueryValidation: true
      criteria: {
        allOf: [{ query: alert.query, timeAggregation: 'Count', operator: 'GreaterThan', threshold: 0 }]
      }
      actions: { actionGroups: isSent ? [group.id] : [] }
    }
  }
]
