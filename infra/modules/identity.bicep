// One identity for storage, vault, telemetry and Customer Insights. It is made before the app, so that its roles are there when the app
// starts for the first time: that of the app itself would get them afterwards.
param name string
param location string
param tags object

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: name
  location: location
  tags: tags
}

output id string = identity.id
output clientId string = identity.properties.clientId
output principalId string = identity.properties.principalId
