param token string
param location string
param tags object
param principalId string

resource workspace 'Microsoft.OperationalInsights/workspaces@2025-02-01' = {
  name: 'log-${token}'
  location: location
  tags: tags
  properties: {
    sku: { name: 'PerGB2018' }
    retentionInDays: 30
  }
}

resource insights 'Microsoft.Insights/components@2020-02-02' = {
  name: 'appi-${token}'
  location: location
  tags: tags
  kind: 'web'
  properties: {
    Application_Type: 'web'
    WorkspaceResourceId: workspace.id
    // Telemetry is taken from whom has the role below, not from whom knows the connection string.
    DisableLocalAuth: true
  }
}

// Monitoring Metrics Publisher: what sending telemetry with an identity needs.
// https://learn.microsoft.com/azure/azure-monitor/app/azure-ad-authentication
var telemetryRoles = ['3913510d-42f4-4e42-8a64-420c390055eb']

resource roles 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for role in telemetryRoles: {
    scope: insights
    name: guid(insights.id, principalId, role)
    properties: {
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role)
      principalId: principalId
      principalType: 'ServicePrincipal'
    }
  }
]

output connectionString string = insights.properties.ConnectionString
output id string = insights.id
