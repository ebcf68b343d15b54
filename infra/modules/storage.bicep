param name string
param location string
param tags object
param principalId string
@description('Reachable by private end points alone.')
param isPrivate bool
@description('Copies in three zones of the region instead of one. An account cannot simply be changed from one to the other.')
param zoneRedundant bool

resource account 'Microsoft.Storage/storageAccounts@2025-01-01' = {
  name: name
  location: location
  tags: tags
  kind: 'StorageV2'
  sku: { name: zoneRedundant ? 'Standard_ZRS' : 'Standard_LRS' }
  properties: {
    allowSharedKeyAccess: false
    allowBlobPublicAccess: false
    defaultToOAuthAuthentication: true
    minimumTlsVersion: 'TLS1_2'
    supportsHttpsTrafficOnly: true
    publicNetworkAccess: isPrivate ? 'Disabled' : 'Enabled'
    networkAcls: { defaultAction: isPrivate ? 'Deny' : 'Allow', bypass: isPrivate ? 'None' : 'AzureServices' }
  }

  resource blobs 'blobServices' = {
    name: 'default'

    resource packages 'containers' = {
      name: 'packages'
    }
  }

  // The app makes its queues when it first sends to them, and its tables. These are here so that their listeners find them at once.
  resource queues 'queueServices' = {
    name: 'default'

    resource queue 'queues' = [for queueName in ['polls', 'deliveries', 'retries']: { name: queueName }]
  }
}

// The least of the built-in roles that allow what is done:
// - Storage Blob Data Owner: the host's leases, keys and timer states; the package is read with it too.
//   https://learn.microsoft.com/azure/azure-functions/functions-reference#connecting-to-host-storage-with-an-identity
// - Storage Queue Data Contributor: the host makes poison queues and shows messages again (Create Queue, Update Message), which neither
//   Message Sender nor Message Processor may.
// - Storage Table Data Contributor: the only one that may write; the app makes and drops tables.
//   https://learn.microsoft.com/rest/api/storageservices/authorize-with-azure-active-directory#permissions-for-calling-data-operations
var storageRoles = [
  'b7e6dc6d-f1e8-4753-8033-0f276bb0955b'
  '974c5e8b-45b9-4653-ba55-5f855dd0fe88'
  '0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3'
]

resource roles 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for role in storageRoles: {
    scope: account
    name: guid(account.id, principalId, role)
    properties: {
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role)
      principalId: principalId
      principalType: 'ServicePrincipal'
    }
  }
]

output id string = account.id
output name string = account.name
output packageContainerUrl string = '${account.properties.primaryEndpoints.blob}${account::blobs::packages.name}'
