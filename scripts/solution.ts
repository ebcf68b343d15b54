import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Access } from '../connector/document/access.ts';
import type { SwaggerDocument } from '../connector/document/swagger-document.ts';
import { connectorZip, flowsZip } from '../connector/solution/solutions.ts';
import { readCommandLine, refuseCommandLine } from './command-line.ts';

const root = path.join(import.meta.dirname, '..');
const usage = `npm run solution -- --host HOST [--authentication key|entra] [--tenant ID --client-id ID] [--resource URI] [--contact EMAIL] [--out FOLDER]

Writes two solutions to import into Power Automate, the first one first: FOLDER/connector-solution.zip and FOLDER/flows-solution.zip.
A running backend serves the same at api/connector/connector-solution.zip and api/connector/flows-solution.zip.

  --host HOST             where the backend is, such as my-app.azurewebsites.net
  --authentication WAY    what its setting AUTHENTICATION says: key or entra (default: key)
  --tenant ID             with entra: the tenant in which makers sign in
  --client-id ID          with entra: the application id of the app registration of the connector
  --resource URI          with entra: the application id URI of the backend (default: api:// and the client id)
  --contact EMAIL         whom makers ask
  --out FOLDER            where to put both (default: build)`;
const text = { type: 'string' } as const;
const { values } = readCommandLine(usage, {
  host: text,
  authentication: { type: 'string', default: 'key' },
  tenant: text,
  'client-id': text,
  resource: text,
  contact: text,
  out: text,
});

function access(): Access {
  const { authentication, tenant, 'client-id': clientId, resource } = values;
  if (authentication === 'key') {
    if (tenant ?? clientId ?? resource) refuse('--tenant, --client-id and --resource are for --authentication entra');
    return { kind: 'key' };
  }
  if (authentication !== 'entra') refuse(`--authentication must be key or entra; it was ${authentication}`);
  if (!isGuid(tenant) || !isGuid(clientId)) refuse('--authentication entra needs --tenant and --client-id, two GUIDs');
  return { kind: 'entra', tenantId: tenant, clientId, resource: resource ?? `api://${clientId}` };
}

function publicBaseUrl(): string {
  const { host } = values;
  if (host === undefined) refuse('--host is required');
  if (!/^[a-z0-9-]+(\.[a-z0-9-]+)+$/i.test(host)) {
    refuse(`--host must be a name without https:// and path, such as my-app.azurewebsites.net; it was ${host}`);
  }
  return `https://${host.toLowerCase()}`;
}

function isGuid(value: string | undefined): value is string {
  return value !== undefined && /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(value);
}

function refuse(fault: string): never {
  return refuseCommandLine(fault, usage);
}

const deployment = { publicBaseUrl: publicBaseUrl(), access: access(), contactEmail: values.contact };
const into = path.resolve(values.out ?? path.join(root, 'build'));
const read = (name: string): Promise<Buffer> => readFile(path.join(root, 'connector', name));
const definition = JSON.parse((await read('apiDefinition.swagger.json')).toString()) as SwaggerDocument;
const made = {
  'connector-solution.zip': connectorZip({ definition, icon: await read('icon.png'), deployment }),
  'flows-solution.zip': flowsZip(definition),
};
await mkdir(into, { recursive: true });
for (const [name, content] of Object.entries(made)) {
  const file = path.join(into, name);
  await writeFile(file, content);
  console.log(`${path.relative(process.cwd(), file)}: ${Math.ceil(content.length / 1024)} KiB`);
}
