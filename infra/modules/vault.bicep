param name string
param location string
param tags object
param principalId string
param purgeProtection bool
@description('Reachable by private end points alone, and by deployments.')
param isPrivate bool

resource vault 'Microsoft.KeyVault/vaults@2025-05-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    tenantId: tenant().tenantId
    sku: { family: 'A', name: 'standard' }
    enableRbacAuthorization: true
    // The callback URLs of all subscriptions are lost with their key: a deleted vault can be had back for 90 days.
    enableSoftDelete: true
    softDeleteRetentionInDays: 90
    enablePurgeProtection: purgeProtection ? true : null
    publicNetworkAccess: isPrivate ? 'disabled' : 'enabled'
    networkAcls: { defaultAction: isPrivate ? 'Deny' : 'Allow', bypass: 'AzureServices' }
  }
}

module encryptionKeys 'made-secret.bicep' = {
  params: { vaultName: vault.name, secretName: 'callback-encryption-keys', prefix: 'k1:' }
}

module signingSecrets 'made-secret.bicep' = {
  params: { vaultName: vault.name, secretName: 'webhook-signing-secrets', prefix: 'whsec_' }
}

module operatorKeys 'made-secret.bicep' = {
  params: { vaultName: vault.name, secretName: 'operator-keys', prefix: 'first:' }
}

// Key Vault Secrets User: reads the values of secrets.
// https://learn.microsoft.com/azure/app-service/app-service-key-vault-references#grant-your-app-access-to-a-key-vault
var vaultRoles = ['4633458b-17de-408a-b874-0445c86b69e6']

resource roles 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for role in vaultRoles: {
    scope: vault
    name: guid(vault.id, principalId, role)
    properties: {
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role)
      principalId: principalId
      principalType: 'ServicePrincipal'
    }
  }
]

output id string = vault.id
output name string = vault.name
