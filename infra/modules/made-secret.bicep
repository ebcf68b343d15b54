// A secret with 32 random bytes, made by the first deployment and left alone by all that follow, whoever runs them and from wherever.
import { base64OfGuids } from '../random.bicep'

param vaultName string
param secretName string
@description('What stands before the base64 of the bytes.')
param prefix string
@description('Only those of the first deployment are used.')
@secure()
param guids string = '${newGuid()} ${newGuid()} ${newGuid()}'

resource vault 'Microsoft.KeyVault/vaults@2025-05-01' existing = {
  name: vaultName
}

@onlyIfNotExists()
resource secret 'Microsoft.KeyVault/vaults/secrets@2025-05-01' = {
  parent: vault
  name: secretName
  properties: { value: '${prefix}${base64OfGuids(guids)}' }
}
