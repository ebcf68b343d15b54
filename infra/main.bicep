// Everything that one deployment consists of, in a resource group of its own. `azd up` deploys it with the values of main.bicepparam.
targetScope = 'subscription'

import { appSettings, alwaysReadyInstances } from 'settings.bicep'

@description('Name of the azd environment. Names of resources are derived from it.')
@minLength(1)
@maxLength(40)
param environmentName string

@description('Region of everything. It must offer the Flex Consumption plan: these did on 2026-02-24 (Azure-Samples/functions-quickstart-typescript-azd, cba3922). Add one that has come since, or that of another cloud: `az functionapp list-flexconsumption-locations`.')
@allowed([
  'australiaeast'
  'australiasoutheast'
  'brazilsouth'
  'canadacentral'
  'centralindia'
  'centralus'
  'eastasia'
  'eastus'
  'eastus2'
  'francecentral'
  'germanywestcentral'
  'italynorth'
  'japaneast'
  'koreacentral'
  'northcentralus'
  'northeurope'
  'norwayeast'
  'southafricanorth'
  'southcentralus'
  'southeastasia'
  'southindia'
  'spaincentral'
  'swedencentral'
  'uaenorth'
  'uksouth'
  'ukwest'
  'westcentralus'
  'westeurope'
  'westus'
  'westus2'
  'westus3'
])
param location string

@description('Who may call the API: holders of a function key, or users and apps signed in with Microsoft Entra ID.')
@allowed(['key', 'entra'])
param authentication string = 'key'

@description('With `entra`: application (client) id of the app registration that stands for this API.')
param entraClientId string = ''

@description('With `entra`: the tenant whose accounts sign in, and in which the application is registered. Empty: that of the subscription.')
param entraTenantId string = ''

@description('With `entra`: issuer of the tokens. Empty: that of tokens of version 2. For version 1: the same without `/v2.0`.')
param entraIssuer string = ''

@description('Puts the app into a network, and storage and vault behind private end points alone.')
param vnetEnabled bool = false

@description('With a network: its addresses, /24 or larger.')
param vnetAddressSpace string = '10.0.0.0/24'

@description('Spreads instances and storage over zones of the region. For new deployments alone.')
param zoneRedundant bool = false

@description('How instances are replaced when the app or a setting changes.')
@allowed(['Recreate', 'RollingUpdate'])
param siteUpdateStrategy string = 'Recreate'

@description('Settings of the app; an empty one is left to its default.')
param settings appSettings

@description('Most instances that the app scales out to, of each function.')
@minValue(1)
@maxValue(1000)
param maximumInstanceCount int = 40

@description('Memory of an instance.')
@allowed([512, 2048, 4096])
param instanceMemoryMB int = 2048

@description('Instances that are kept running.')
param alwaysReady alwaysReadyInstances[] = []

@description('Address that alerts are mailed to. Empty: they are only shown in the portal.')
param alertEmail string = ''

@secure()
@description('Address that is called with each alert, in the common alert schema of Azure Monitor. Empty: none is called.')
param alertWebhookUrl string = ''

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
  params: {
    name: 'st${token}'
    location: location
    tags: tags
    principalId: identity.outputs.principalId
    isPrivate: vnetEnabled
    zoneRedundant: zoneRedundant
  }
}

module vault 'modules/vault.bicep' = {
  scope: group
  params: {
    name: 'kv-${token}'
    location: location
    tags: tags
    principalId: identity.outputs.principalId
    purgeProtection: vaultPurgeProtection
    isPrivate: vnetEnabled
  }
}

module network 'modules/network.bicep' = if (vnetEnabled) {
  scope: group
  params: { token: token, location: location, tags: tags, addressSpace: vnetAddressSpace }
}

module storageEndpoints 'modules/private-endpoint.bicep' = [
  for service in ['blob', 'queue', 'table']: if (vnetEnabled) {
    name: 'storage-endpoint-${service}'
    scope: group
    params: {
      name: 'pe-${service}-${token}'
      location: location
      tags: tags
      networkId: network!.outputs.id
      subnetId: network!.outputs.endpointSubnetId
      resourceId: storage.outputs.id
      service: service
      zoneName: 'privatelink.${service}.${environment().suffixes.storage}'
    }
  }
]

module vaultEndpoint 'modules/private-endpoint.bicep' = if (vnetEnabled) {
  scope: group
  params: {
    name: 'pe-vault-${token}'
    location: location
    tags: tags
    networkId: network!.outputs.id
    subnetId: network!.outputs.endpointSubnetId
    resourceId: vault.outputs.id
    service: 'vault'
    // `.vault.azure.net` is led to by `privatelink.vaultcore.azure.net`, and so in each cloud.
    zoneName: 'privatelink${replace(environment().suffixes.keyvaultDns, '.vault.', '.vaultcore.')}'
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
    entraTenantId: empty(entraTenantId) ? tenant().tenantId : entraTenantId
    entraIssuer: entraIssuer
    subnetId: vnetEnabled ? network!.outputs.appSubnetId : null
    zoneRedundant: zoneRedundant
    siteUpdateStrategy: siteUpdateStrategy
    settings: settings
    maximumInstanceCount: maximumInstanceCount
    instanceMemoryMB: instanceMemoryMB
    alwaysReady: alwaysReady
  }
  // The app starts with what it finds in storage and vault.
  dependsOn: [storageEndpoints, vaultEndpoint]
}

module alerts 'modules/alerts.bicep' = {
  scope: group
  params: {
    token: token
    location: location
    tags: tags
    insightsId: monitoring.outputs.id
    alertEmail: alertEmail
    alertWebhookUrl: alertWebhookUrl
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

@description('Network of the deployment; empty when it has none.')
output VNET_NAME string = vnetEnabled ? network!.outputs.name : ''

output AZURE_RESOURCE_GROUP string = group.name
output APP_NAME string = app.outputs.name
output VAULT_NAME string = vault.outputs.name
output STORAGE_NAME string = storage.outputs.name
