// What somebody should be told of, over the metrics that the app writes. docs/operate.md says what each means and what to do.
param token string
param location string
param tags object
param insightsId string
@description('Empty: alerts are shown in the portal alone.')
param alertEmail string

resource group 'Microsoft.Insights/actionGroups@2023-01-01' = if (!empty(alertEmail)) {
  name: 'ag-${token}'
  location: 'global'
  tags: tags
  properties: {
    groupShortName: 'triggers'
    enabled: true
    emailReceivers: [{ name: 'operator', emailAddress: alertEmail, useCommonAlertSchema: true }]
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
      actions: { actionGroups: empty(alertEmail) ? [] : [group.id] }
    }
  }
]
