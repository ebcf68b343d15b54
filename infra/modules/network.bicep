// A network of the app's own: one subnet that its calls leave by, one for the private end points of storage and vault, one for operators.
param token string
param location string
param tags object
@description('Address range of the network, /24 or larger; it must not overlap with networks that are peered with it.')
param addressSpace string

// An app needs 27 addresses at most. Names must have no underscore, and no other kind of resource may be in the app's subnet.
// https://learn.microsoft.com/azure/azure-functions/functions-networking-options#subnets
resource network 'Microsoft.Network/virtualNetworks@2024-05-01' = {
  name: 'vnet-${token}'
  location: location
  tags: tags
  properties: {
    addressSpace: { addressPrefixes: [addressSpace] }
    subnets: [
      {
        name: 'app'
        properties: {
          addressPrefix: cidrSubnet(addressSpace, 26, 0)
          delegations: [{ name: 'app', properties: { serviceName: 'Microsoft.App/environments' } }]
        }
      }
      {
        name: 'endpoints'
        properties: { addressPrefix: cidrSubnet(addressSpace, 26, 1), privateEndpointNetworkPolicies: 'Disabled' }
      }
      {
        name: 'operators'
        properties: { addressPrefix: cidrSubnet(addressSpace, 26, 2) }
      }
    ]
  }
}

output id string = network.id
output name string = network.name
output appSubnetId string = '${network.id}/subnets/app'
output endpointSubnetId string = '${network.id}/subnets/endpoints'
