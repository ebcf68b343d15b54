// Everything that one deployment consists of, in a resource group of its own. `azd up` deploys it with the values of main.bicepparam.
targetScope = 'subscription'

import { appSettings, alwaysReadyInstances } from 'settings.bicep'

@description('Name of the azd environment. Names of resources are derived from it.')
@minLength(1)
@maxLength(40)
param environmentName string

@description('Region of everything. It must offer the Flex Consumption plan.')
@minLength(1)
param location string

@description('Who may call the API: holders of a function key, or users and apps signed in with Microsoft Entra ID.')
@allowed(['key', 'entra'])
param authentication string = 'key'

@description('With `entra`: application (client) id of the app registration that stands for this API.')
param entraClientId string = ''

@description('Settings of the app; an empty one is left to its default.')
param settings appSettings

@description('Most instances that the app scales out to, of each function.')
@minValue(1)
@maxValue(1000)
param maximumInstanceCount int = 40

@description('Memory of an instance: 512, 2048 or 4096.')
@minValue(512)
@maxValue(4096)
param instanceMemoryMB int = 2048

@description('Instances that are kept running.')
param alwaysReady alwaysReadyInstances[] = []

@description('Address that alerts are mailed to. Empty: they are only shown in the portal.')
param alertEmail string = ''

@description('Refuses to purge the vault for 90 days after it was deleted. Cannot be taken back.')
param vaultPurgeProtection bool = false

var tags = { 'azd-env-name': environmentName }
var token = toLower(uniqueString(subscription().id, environmentName, location))

resource group 'Microsoft.Resources/resourceGroups@2025-04-01' = {
  name: 'rg-${environmentName}'
  location: location
  tags: tags
}

module identity 'modules/identity.bicep' = {
  scope: group
  params: { name: 'id-${token}', location: location, tags: tags }
}

module monitoring 'modules/monitoring.bicep' = {
  scope: group
  params: { token: token, location: location, tags: tags, principalId: identity.outputs.principalId }
}

module storage 'modules/storage.bicep' = {
  scope: group
  params: { name: 'st${token}', location: location, tags: tags, principalId: identity.outputs.principalId }
}

module vault 'modules/vault.bicep' = {
  scope: group
  params: {
    name: 'kv-${token}'
    location: location
    tags: tags
    principalId: identity.outputs.principalId
    purgeProtection: vaultPurgeProtection
  }
}

module app 'modules/app.bicep' = {
  scope: group
  params: {
    token: token
    location: location
    tags: tags
    identityId: identity.outputs.id
    identityClientId: identity.outputs.clientId
    storageName: storage.outputs.name
    packageContainerUrl: storage.outputs.packageContainerUrl
    insightsConnectionString: monitoring.outputs.connectionString
    vaultName: vault.outputs.name
    authentication: authentication
    entraClientId: entraClientId
    settings: settings
    maximumInstanceCount: maximumInstanceCount
    instanceMemoryMB: instanceMemoryMB
    alwaysReady: alwaysReady
  }
}

module alerts 'modules/alerts.bicep' = {
  scope: group
  params: {
    token: token
    location: location
    tags: tags
    insightsId: monitoring.outputs.id
    alertEmail: alertEmail
  }
}

@description('Where "import from URL" of a custom connector finds the definition.')
output CONNECTOR_URL string = '${app.outputs.url}/api/connector/apiDefinition.swagger.json'

@description('Answers 200 once the app runs and reaches its storage.')
output HEALTH_URL string = '${app.outputs.url}/api/health'

@description('The page of the operator.')
output DASHBOARD_URL string = '${app.outputs.url}/api/dashboard'

@description('Prints the keys that connections are made with, by name. With `entra` nobody needs one.')
output KEY_COMMAND string = 'az functionapp keys list --resource-group ${group.name} --name ${app.outputs.name} --query functionKeys'

@description('Prints the list of operator keys, `name:key`.')
output OPERATOR_KEY_COMMAND string = 'az keyvault secret show --vault-name ${vault.outputs.name} --name operator-keys --query value --output tsv'

@description('Application id of the identity that calls Customer Insights: give it a role there.')
output IDENTITY_CLIENT_ID string = identity.outputs.clientId

output AZURE_RESOURCE_GROUP string = group.name
output APP_NAME string = app.outputs.name
output VAULT_NAME string = vault.outputs.name
output STORAGE_NAME string = storage.outputs.name
