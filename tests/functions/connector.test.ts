import { beforeAll, describe, expect, test } from '@jest/globals';
import { deployedConnector } from '../../connector/deployment.ts';
import type { Access } from '../../connector/document/access.ts';
import { connectorZip, flowsZip } from '../../connector/solution/solutions.ts';
import { committed, entra, icon } from '../connector/unpacked.ts';
import { PUBLIC_BASE_URL, startBackend, type StartedBackend } from './start-backend.ts';

const load = (backend: StartedBackend, file: string): Promise<Response> =>
  fetch(`${backend.url}/api/connector/${file}`);
const bytesOf = async (answer: Response): Promise<Buffer> => Buffer.from(await answer.arrayBuffer());

const ids = {
  ENTRA_TENANT_ID: '0f1e2d3c-4b5a-4968-8776-655443322110',
  CONNECTOR_CLIENT_ID: '1f1e2d3c-4b5a-4968-8776-655443322110',
  ENTRA_CLIENT_ID: '2f1e2d3c-4b5a-4968-8776-655443322110',
};

const backends: readonly (readonly [string, Record<string, string>, Access])[] = [
  ['a key', {}, { kind: 'key' }],
  ['Entra ID', { AUTHENTICATION: 'entra', WEBSITE_AUTH_ENABLED: 'True', ...ids }, entra],
];

describe.each(backends)('what a maker imports of a backend with %s', (_, settings, access) => {
  const contactEmail = 'data-team@contoso.example';
  const deployment = { publicBaseUrl: PUBLIC_BASE_URL, access, contactEmail };
  let backend: StartedBackend;
  beforeAll(async () => {
    backend = await startBackend({
      enableAuth: true,
      hostKeys: { default: 'k3y' },
      settings: { CONTACT_EMAIL: contactEmail, ...settings },
    });
  });

  test('are definition and properties with its address and its way to connect', async () => {
    const { definition, properties } = deployedConnector(committed, deployment);
    expect(await (await load(backend, 'apiDefinition.swagger.json')).json()).toEqual(definition);
    expect(await (await load(backend, 'apiProperties.json')).json()).toEqual(properties);
    expect(Object.keys(properties.properties.connectionParameters)[0]).toBe(
      access.kind === 'key' ? 'api_key' : 'token',
    );
  });

  test('is the icon', async () => {
    const answer = await load(backend, 'icon.png');
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'image/png']);
    expect((await bytesOf(answer)).equals(icon)).toBe(true);
  });

  test.each(['connector-solution.zip', 'flows-solution.zip'])('is %s, the bytes that are built here', async (file) => {
    const answer = await load(backend, file);
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'content-type': 'application/zip',
      'content-disposition': `attachment; filename="${file}"`,
      'x-content-type-options': 'nosniff',
    });
    const made =
      file === 'flows-solution.zip' ? flowsZip(committed) : connectorZip({ definition: committed, icon, deployment });
    expect((await bytesOf(answer)).equals(made)).toBe(true);
  });
});

test('without the ids of Entra a backend makes no connector that would be refused, and says what is missing', async () => {
  const backend = await startBackend({ settings: { AUTHENTICATION: 'entra', WEBSITE_AUTH_ENABLED: 'True' } });
  for (const file of ['apiProperties.json', 'connector-solution.zip']) {
    const answer = await load(backend, file);
    expect(answer.status).toBe(503);
    expect(await answer.json()).toMatchObject({
      code: 'settings-invalid',
      detail: expect.stringMatching(/ENTRA_TENANT_ID.*ENTRA_CLIENT_ID/),
    });
  }
  // The wizard asks for them by itself.
  const definition = (await (await load(backend, 'apiDefinition.swagger.json')).json()) as { security: unknown };
  expect(definition.security).toEqual([{ entraId: [] }]);
  expect((await load(backend, 'flows-solution.zip')).status).toBe(200);
});
