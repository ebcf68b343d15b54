import { appSettings, alwaysReadyInstances } from '../settings.bicep'

param token string
param location string
param tags object
param identityId string
param identityClientId string
param storageName string
param packageContainerUrl string
param insightsConnectionString string
param vaultName string
param authentication string
param entraClientId string
param entraTenantId string
@description('Empty: that of tokens of version 2.')
param entraIssuer string
@description('Absent: the app is in no network.')
param subnetId string?
param zoneRedundant bool
param siteUpdateStrategy string
param settings appSettings
param maximumInstanceCount int
param instanceMemoryMB int
param alwaysReady alwaysReadyInstances[]

// What the platform is made of: the host and the SDKs read it, and the app where its telemetry goes.
var platformSettings = {
  // By a name alone the host would look in the public cloud. Versions of the app up to 0.9.0 know the name alone: it is for going back.
  AzureWebJobsStorage__accountName: storageName
  AzureWebJobsStorage__blobServiceUri: 'https://${storageName}.blob.${environment().suffixes.storage}'
  AzureWebJobsStorage__queueServiceUri: 'https://${storageName}.queue.${environment().suffixes.storage}'
  AzureWebJobsStorage__tableServiceUri: 'https://${storageName}.table.${environment().suffixes.storage}'
  AzureWebJobsStorage__credential: 'managedidentity'
  AzureWebJobsStorage__clientId: identityClientId
  // DefaultAzureCredential takes the identity of this id: the app has no other one.
  AZURE_CLIENT_ID: identityClientId
  APPLICATIONINSIGHTS_CONNECTION_STRING: insightsConnectionString
  APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=${identityClientId};Authorization=AAD'
}
// The host reads these too. By its own defaults it would send every trace, and OTLP by gRPC, which an HTTP end point does not take.
var hostSettings = {
  OTEL_TRACES_SAMPLER: 'parentbased_traceidratio'
  OTEL_TRACES_SAMPLER_ARG: '0.05'
  OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf'
}
// Which secret of the vault is the value of which setting. Without a version: a new one is taken within a day, or when it is asked for.
var secretNames = {
  CALLBACK_ENCRYPTION_KEYS: 'callback-encryption-keys'
  WEBHOOK_SIGNING_SECRETS: 'webhook-signing-secrets'
  OPERATOR_KEYS: 'operator-keys'
}
var secretSettings = mapValues(secretNames, name => '@Microsoft.KeyVault(VaultName=${vaultName};SecretName=${name})')
var givenSettings = toObject(
  filter(items(settings), setting => !empty(setting.value)),
  setting => setting.key,
  setting => setting.value
)

// How callers sign in. With Entra, the connector needs the ids.
// The platform answers tokens of other tenants with 403, and the app reads the same setting.
// https://learn.microsoft.com/azure/app-service/configure-authentication-provider-aad#use-a-built-in-authorization-policy
var signInSettings = authentication == 'entra'
  ? {
      AUTHENTICATION: authentication
      ENTRA_TENANT_ID: entraTenantId
      ENTRA_CLIENT_ID: entraClientId
      WEBSITE_AUTH_AAD_ALLOWED_TENANTS: entraTenantId
    }
  : { AUTHENTICATION: authentication }

resource plan 'Microsoft.Web/serverfarms@2025-03-01' = {
  name: 'plan-${token}'
  location: location
  tags: tags
  kind: 'functionapp'
  sku: { tier: 'FlexConsumption', name: 'FC1' }
  properties: { reserved: true, zoneRedundant: zoneRedundant }
}

resource app 'Microsoft.Web/sites@2025-03-01' = {
  name: 'func-${token}'
  location: location
  tags: union(tags, { 'azd-service-name': 'app' })
  kind: 'functionapp,linux'
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: { '${identityId}': {} }
  }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    keyVaultReferenceIdentity: identityId
    virtualNetworkSubnetId: subnetId
    functionAppConfig: {
      runtime: { name: 'node', version: '24' }
      deployment: {
        storage: {
          type: 'blobContainer'
          value: packageContainerUrl
          authentication: { type: 'UserAssignedIdentity', userAssignedIdentityResourceId: identityId }
        }
      }
      scaleAndConcurrency: {
        instanceMemoryMB: instanceMemoryMB
        maximumInstanceCount: maximumInstanceCount
        // A zone redundant plan takes no fewer than two of a group.
        // https://learn.microsoft.com/azure/azure-functions/flex-consumption-plan#always-ready-instances
        alwaysReady: map(alwaysReady, group => {
          name: group.name
          instanceCount: zoneRedundant ? max(group.instanceCount, 2) : group.instanceCount
        })
      }
      // Bicep has no type for it yet.
      // https://learn.microsoft.com/azure/azure-functions/flex-consumption-site-updates#configure-your-update-strategy
      #disable-next-line BCP037
      siteUpdateStrategy: { type: siteUpdateStrategy }
    }
    siteConfig: {
      minTlsVersion: '1.2'
      http20Enabled: true
      appSettings: map(
        items(union(platformSettings, hostSettings, givenSettings, secretSettings, signInSettings)),
        setting => { name: setting.key, value: setting.value }
      )
    }
  }
}

// Packages are put in place with an identity; nobody needs a password of the app.
resource ftpPassword 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2025-03-01' = {
  parent: app
  name: 'ftp'
  properties: { allow: false }
}
resource scmPassword 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2025-03-01' = {
  parent: app
  name: 'scm'
  properties: { allow: false }
}

// Lets everybody in and says who is signed in: health and the connector's definition are for all, the app refuses the rest by itself.
resource signIn 'Microsoft.Web/sites/config@2025-03-01' = if (authentication == 'entra') {
  parent: app
  name: 'authsettingsV2'
  properties: {
    platform: { enabled: true }
    globalValidation: { requireAuthentication: false, unauthenticatedClientAction: 'AllowAnonymous' }
    httpSettings: { requireHttps: true }
    login: { tokenStore: { enabled: false } }
    identityProviders: {
      azureActiveDirectory: {
        enabled: true
        registration: {
          clientId: entraClientId
          openIdIssuer: empty(entraIssuer)
            ? '${environment().authentication.loginEndpoint}${entraTenantId}/v2.0'
            : entraIssuer
        }
        // A token of version 2 names the application, one of version 1 what it was asked for.
        validation: { allowedAudiences: [entraClientId, 'api://${entraClientId}'] }
      }
    }
  }
}

output name string = app.name
output id string = app.id
output url string = 'https://${app.properties.defaultHostName}'
