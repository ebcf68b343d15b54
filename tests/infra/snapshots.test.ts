import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { madeFrom, snapshotCases, snapshotFile, snapshotSources } from '../../scripts/infra-snapshots.ts';

interface Resource {
  readonly type: string;
  readonly name: string;
  readonly sku?: { readonly name: string };
  readonly properties: Readonly<Record<string, unknown>>;
}

const TENANT = 'aaaabbbb-0000-cccc-1111-dddd2222eeee';
const CLIENT = '00001111-aaaa-2222-bbbb-3333cccc4444';

test('the snapshots are of this template, these parameters and these cases', async () => {
  expect(await madeFrom('.')).toBe(await snapshotSources('.'));
  expect(snapshotCases.map(({ name }) => name)).toEqual([
    'key',
    'key-zones',
    'key-vnet',
    'key-vnet-zones',
    'entra',
    'entra-zones',
    'entra-vnet',
    'entra-vnet-zones',
  ]);
});

/**
 * What the Bicep CLI resolves the template to (`bicep snapshot`); expressions that only a
 * deployment can evaluate are left as they are.
 */
describe.each(snapshotCases.map(({ name }) => name))('%s', (name) => {
  const [authentication, ...options] = name.split('-');
  const hasNetwork = options.includes('vnet');
  const hasZones = options.includes('zones');
  const { predictedResources: resources } = JSON.parse(readFileSync(snapshotFile(name), 'utf8')) as {
    predictedResources: readonly Resource[];
  };
  const ofType = (type: string): Resource[] => resources.filter((resource) => resource.type === type);
  const only = (type: string): Resource => {
    const found = ofType(type);
    expect([type, found.length]).toEqual([type, 1]);
    return found[0] as Resource;
  };
  const site = only('Microsoft.Web/sites').properties;
  const { appSettings } = site['siteConfig'] as { appSettings: readonly { name: string; value: string }[] };
  const settingOf = (setting: string): string | undefined => appSettings.find((one) => one.name === setting)?.value;

  test('storage and vault are reached by private end points alone when there is a network', () => {
    const access = hasNetwork ? 'disabled' : 'enabled';
    const defaultAction = hasNetwork ? 'Deny' : 'Allow';
    const storage = only('Microsoft.Storage/storageAccounts').properties;
    expect(String(storage['publicNetworkAccess']).toLowerCase()).toBe(access);
    expect(storage['networkAcls']).toEqual({ defaultAction, bypass: hasNetwork ? 'None' : 'AzureServices' });
    const vault = only('Microsoft.KeyVault/vaults').properties;
    expect(vault['publicNetworkAccess']).toBe(access);
    // A deployment makes the secrets.
    expect(vault['networkAcls']).toEqual({ defaultAction, bypass: 'AzureServices' });

    const services = ofType('Microsoft.Network/privateEndpoints').map(({ properties }) => {
      const [connection] = properties['privateLinkServiceConnections'] as { properties: { groupIds: string[] } }[];
      return connection?.properties.groupIds;
    });
    expect(services).toEqual(hasNetwork ? [['blob'], ['queue'], ['table'], ['vault']] : []);
    for (const { properties } of ofType('Microsoft.Network/privateEndpoints'))
      expect(JSON.stringify(properties['subnet'])).toContain('endpointSubnetId');
    for (const type of ['virtualNetworkLinks', 'privateDnsZoneGroups'])
      expect(resources.filter((resource) => resource.type.endsWith(`/${type}`)).length).toBe(hasNetwork ? 4 : 0);
  });

  test('names of zones and end points follow the cloud', () => {
    expect(ofType('Microsoft.Network/privateDnsZones').map((zone) => zone.name)).toEqual(
      hasNetwork
        ? [
            ...['blob', 'queue', 'table'].map(
              (service) => `[format('privatelink.{0}.{1}', '${service}', environment().suffixes.storage)]`,
            ),
            `[format('privatelink{0}', replace(environment().suffixes.keyvaultDns, '.vault.', '.vaultcore.'))]`,
          ]
        : [],
    );
    for (const service of ['blob', 'queue', 'table']) {
      expect(settingOf(`AzureWebJobsStorage__${service}ServiceUri`)).toContain(`format('https://{0}.${service}.{1}'`);
      expect(JSON.stringify(resources)).not.toContain(`${service}.core.windows.net`);
    }
  });

  test('the app leaves by a subnet of its own, which takes no other kind of resource', () => {
    const subnets = ofType('Microsoft.Network/virtualNetworks').flatMap(
      ({ properties }) => properties['subnets'] as { name: string; properties: Record<string, unknown> }[],
    );
    expect(subnets.map((subnet) => [subnet.name, subnet.properties['addressPrefix']])).toEqual(
      hasNetwork
        ? [
            ['app', '10.0.0.0/26'],
            ['endpoints', '10.0.0.64/26'],
            ['operators', '10.0.0.128/26'],
          ]
        : [],
    );
    const delegated = subnets.filter(({ properties }) => 'delegations' in properties);
    expect(JSON.stringify(delegated.map(({ properties }) => properties['delegations']))).toBe(
      hasNetwork ? '[[{"name":"app","properties":{"serviceName":"Microsoft.App/environments"}}]]' : '[]',
    );
    if (hasNetwork) expect(site['virtualNetworkSubnetId']).toMatch(/outputs\.appSubnetId\.value/);
    else expect(site['virtualNetworkSubnetId'] ?? null).toBeNull();
    // No route, firewall or rule stands in the way of its other calls.
    expect(resources.filter(({ type }) => /routeTables|networkSecurityGroups|azureFirewalls/.test(type))).toEqual([]);
  });

  test('plan and storage are spread over zones together', () => {
    expect(only('Microsoft.Web/serverfarms').properties['zoneRedundant']).toBe(hasZones);
    expect(only('Microsoft.Storage/storageAccounts').sku?.name).toBe(hasZones ? 'Standard_ZRS' : 'Standard_LRS');
    // A zone redundant plan takes no fewer than two.
    expect(site['functionAppConfig']).toMatchObject({
      scaleAndConcurrency: { alwaysReady: [{ name: 'http', instanceCount: hasZones ? 2 : 1 }] },
    });
  });

  test('with entra the platform signs in for the one tenant, with tokens of version 2', () => {
    const configs = ofType('Microsoft.Web/sites/config');
    expect(settingOf('AUTHENTICATION')).toBe(authentication);
    if (authentication === 'key') {
      expect(configs).toEqual([]);
      expect(settingOf('WEBSITE_AUTH_AAD_ALLOWED_TENANTS')).toBeUndefined();
      return;
    }
    expect(configs.map(({ properties }) => properties)).toMatchObject([
      {
        platform: { enabled: true },
        identityProviders: {
          azureActiveDirectory: {
            registration: {
              clientId: CLIENT,
              openIdIssuer: `[format('{0}{1}/v2.0', environment().authentication.loginEndpoint, '${TENANT}')]`,
            },
            validation: { allowedAudiences: [CLIENT, `api://${CLIENT}`] },
          },
        },
      },
    ]);
    expect(settingOf('WEBSITE_AUTH_AAD_ALLOWED_TENANTS')).toBe(TENANT);
  });

  test('updates restart instances unless rolling ones are asked for', () => {
    expect(site['functionAppConfig']).toMatchObject({ siteUpdateStrategy: { type: 'Recreate' } });
  });
});

describe('the template', () => {
  const main = readFileSync('infra/main.bicep', 'utf8');
  const parameters = readFileSync('infra/main.bicepparam', 'utf8');

  test('takes the issuer of tokens of version 1, another tenant and rolling updates when they are set', () => {
    const compiled = readFileSync('infra/main.json', 'utf8');
    expect(compiled).toContain(
      `[if(empty(parameters('entraIssuer')), format('{0}{1}/v2.0', environment().authentication.loginEndpoint, parameters('entraTenantId')), parameters('entraIssuer'))]`,
    );
    expect(compiled).toContain(
      `[if(empty(parameters('entraTenantId')), createObject('value', tenant().tenantId), createObject('value', parameters('entraTenantId')))]`,
    );
    for (const [parameter, variable] of [
      ['entraIssuer', 'ENTRA_ISSUER'],
      ['entraTenantId', 'ENTRA_TENANT_ID'],
      ['siteUpdateStrategy', 'SITE_UPDATE_STRATEGY'],
    ])
      expect(parameters).toContain(`param ${parameter} = readEnvironmentVariable('${variable}'`);
    expect(main).toMatch(/@allowed\(\['Recreate', 'RollingUpdate'\]\)\nparam siteUpdateStrategy/);
  });

  test('takes only sizes of instances that Flex Consumption has, and regions that have the plan', () => {
    expect(main).toMatch(/@allowed\(\[512, 2048, 4096\]\)\nparam instanceMemoryMB/);
    const [, regions = ''] = /@allowed\(\[([^\]]+)\]\)\nparam location /.exec(main) ?? [];
    expect(regions.trim().split(/\s+/)).toEqual(expect.arrayContaining([`'westeurope'`, `'eastus2'`]));
  });
});
