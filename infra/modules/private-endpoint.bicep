// A private end point of one service, with the DNS zone that leads its name to it.
param name string
param location string
param tags object
param networkId string
param subnetId string
@description('What the end point belongs to.')
param resourceId string
@description('Which of its services: https://learn.microsoft.com/azure/private-link/private-endpoint-overview#private-link-resource')
param service string
@description('https://learn.microsoft.com/azure/private-link/private-endpoint-dns')
param zoneName string

resource zone 'Microsoft.Network/privateDnsZones@2020-06-01' = {
  name: zoneName
  location: 'global'
  tags: tags

  resource link 'virtualNetworkLinks' = {
    name: name
    location: 'global'
    tags: tags
    properties: { registrationEnabled: false, virtualNetwork: { id: networkId } }
  }
}

resource endpoint 'Microsoft.Network/privateEndpoints@2024-05-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    subnet: { id: subnetId }
    privateLinkServiceConnections: [
      { name: service, properties: { privateLinkServiceId: resourceId, groupIds: [service] } }
    ]
  }

  resource zones 'privateDnsZoneGroups' = {
    name: 'default'
    properties: { privateDnsZoneConfigs: [{ name: service, properties: { privateDnsZoneId: zone.id } }] }
  }
}
