import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import { operationsOf } from '../../connector/document/operations.ts';
import type { Schema, SwaggerDocument } from '../../connector/document/swagger-document.ts';
import { deployedConnector } from '../../connector/deployment.ts';
import { decodePng } from '../../connector/lint/decode-png.ts';
import { lint } from '../../connector/lint/lint.ts';
import { connectorZip, flowsZip } from '../../connector/solution/solutions.ts';
import { factsOf } from './solution-facts.ts';
import {
  committed,
  connectorFiles,
  entra,
  flowFiles,
  icon,
  packedIcon,
  storedFlows,
  type StoredOperation,
} from './unpacked.ts';

const { facts } = JSON.parse(readFileSync('tests/connector/solution-shapes.json', 'utf8')) as {
  facts: Readonly<Record<string, string>>;
};
/**
 * The parameter of an environment variable that has no value yet: those of the exports all have
 * one.
 */
const unseen = ['Workflows/NAME-ID.json properties/definition/parameters/*/defaultValue is nothing'];

const solutions = [
  ['the connector, with a key', connectorFiles()],
  ['the connector, with Entra ID', connectorFiles(entra)],
  ['the flows', flowFiles],
] as const;

describe.each(solutions)('the solution of %s', (_, files) => {
  const manifest = files.get('solution.xml') ?? '';
  const customizations = files.get('customizations.xml') ?? '';

  test('has nothing that no export of Power Platform has', () => {
    const own = [...factsOf(files)].filter((fact) => !Object.hasOwn(facts, fact));
    expect(own.filter((fact) => !unseen.includes(fact))).toEqual([]);
  });

  test('is unmanaged, and has a version of four numbers', () => {
    expect(manifest).toContain('<Managed>0</Managed>');
    const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
    expect(manifest).toContain(`<Version>${version}.0</Version>`);
  });

  test('has every file that it names, names every file that it has, and their types', () => {
    const named = [...customizations.matchAll(/>\/((?:Connector|Workflows)\/[^<]+)</g)].map(([, name]) => name);
    const others = [...files.keys()].filter((name) => /^(Connector|Workflows)\//.test(name));
    expect(named.toSorted()).toEqual(others.toSorted());
    const types = [...(files.get('[Content_Types].xml') ?? '').matchAll(/Extension="(\w+)"/g)].map(([, type]) => type);
    const extensions = new Set([...files.keys()].map((name) => name.split('.').at(-1)));
    expect(types.toSorted()).toEqual([...extensions].toSorted());
  });

  test('lists what it describes as its components', () => {
    const listed = [...manifest.matchAll(/<RootComponent type="\d+" id="\{([^}]+)\}"/g)].map(([, id]) => id);
    const described = [...customizations.matchAll(/WorkflowId="\{([^}]+)\}"|<Connector>\s*<connectorid>([^<]+)/g)].map(
      ([, flow, connector]) => flow ?? connector,
    );
    expect(listed.toSorted()).toEqual(described.toSorted());
    expect(listed.length).toBeGreaterThan(0);
  });
});

describe('the connector in its solution', () => {
  const part = (files: ReadonlyMap<string, string>, name: string): unknown =>
    JSON.parse([...files].find(([file]) => file.endsWith(`_${name}.json`))?.[1] ?? '');

  test.each([
    ['a key', connectorFiles(), { kind: 'key' } as const],
    ['Entra ID', connectorFiles(entra), entra],
  ])('with %s breaks no rule, and is the one that the backend serves', (_, files, access) => {
    const definition = part(files, 'openapidefinition') as SwaggerDocument;
    const served = deployedConnector(committed, {
      publicBaseUrl: 'https://triggers.contoso.example',
      access,
      contactEmail: 'ann@contoso.example',
    });
    expect(definition).toEqual(served.definition);
    expect(definition).toMatchObject({ host: 'triggers.contoso.example', basePath: '/api', schemes: ['https'] });
    expect(definition.info.contact).toEqual({ name: expect.any(String), email: 'ann@contoso.example' });
    const { connectionParameters, policyTemplateInstances } = served.properties.properties;
    expect(part(files, 'connectionparameters')).toEqual(connectionParameters);
    expect(part(files, 'policytemplateinstances')).toEqual(
      policyTemplateInstances.map(({ templateId: TemplateId, title: Title, parameters: Parameters }) => ({
        ...{ TemplateId, Title, Parameters },
      })),
    );
    const picture = decodePng(packedIcon());
    expect(picture && lint({ ...served, icon: picture })).toEqual([]);
    expect(packedIcon().equals(icon)).toBe(true);
  });

  test('has one way to connect, with ids that are real', () => {
    const key = JSON.stringify([...connectorFiles()]);
    const signIn = JSON.stringify([...connectorFiles(entra)]);
    expect(key).not.toMatch(/entraId|oauthSetting|login\.microsoftonline/);
    expect(signIn).not.toMatch(/securestring|x-functions-key/);
    for (const text of [key, signIn]) expect(text).not.toMatch(/00000000-0000|\/common\/|your-function-app/);
    expect(part(connectorFiles(entra), 'connectionparameters')).toMatchObject({
      token: {
        oAuthSettings: {
          clientId: entra.kind === 'entra' && entra.clientId,
          customParameters: { tenantId: { value: entra.kind === 'entra' && entra.tenantId } },
        },
      },
    });
  });
});

describe('the flows in their solution', () => {
  const customizations = flowFiles.get('customizations.xml') ?? '';

  test('are the four, off until somebody turns them on', () => {
    expect(storedFlows).toHaveLength(4);
    expect(customizations.match(/<StateCode>0<\/StateCode>\s*<StatusCode>1<\/StatusCode>/g)).toHaveLength(4);
  });

  test('connect by references that exist, of which one leads to the connector of the other solution', () => {
    const used = storedFlows.flatMap(([, { properties }]) =>
      Object.values(properties.connectionReferences).map(({ connection }) => connection.connectionReferenceLogicalName),
    );
    const there = [...customizations.matchAll(/connectionreferencelogicalname="(\w+)"/g)].map(([, name]) => name);
    expect([...new Set(used)].toSorted()).toEqual(there.toSorted());
    const id = /<customconnectorid>\s*<connectorid>([^<]+)</.exec(customizations)?.[1];
    expect(connectorFiles().get('customizations.xml')).toContain(`<connectorid>${id ?? 'none'}</connectorid>`);
  });

  test('read the environment variables that there are, and leave none of them unread', () => {
    const read = storedFlows.flatMap(([, { properties }]) =>
      Object.values(properties.definition.parameters).flatMap(({ metadata }) => metadata?.schemaName ?? []),
    );
    const there = [...flowFiles.keys()].flatMap(
      (name) => /^environmentvariabledefinitions\/(\w+)\//.exec(name)?.[1] ?? [],
    );
    expect([...new Set(read)].toSorted()).toEqual(there.toSorted());
  });

  describe.each(storedFlows)('%s', (_, { properties: { connectionReferences, definition } }) => {
    const operations = [...Object.entries(definition.triggers), ...Object.entries(definition.actions)];

    test('connects with what it names, and reads parameters that it has', () => {
      const names = operations.map(([, { inputs }]) => inputs.host.connectionName);
      expect([...new Set(names)].toSorted()).toEqual(Object.keys(connectionReferences).toSorted());
      const read = [...JSON.stringify(operations).matchAll(/parameters\('([^']+)'\)/g)].map(([, name]) => name);
      expect(Object.keys(definition.parameters)).toEqual(expect.arrayContaining(read));
    });

    test('reads of the callback, and of the actions before, what is in them', () => {
      const known = new Map(operations.map(([name, operation]) => [name, schemaOf(operation)]));
      const [trigger] = Object.keys(definition.triggers);
      const text = JSON.stringify(Object.values(definition.actions));
      const read = [...text.matchAll(/(\w*\()?(?:triggerOutputs\(\)|outputs\('([^']+)'\))\?\['body\/(\w+)'\]/g)];
      expect(read.length).toBeGreaterThan(2);
      // Every read is of this form.
      expect(text.match(/triggerOutputs|triggerBody|outputs\('|body\('/g)).toHaveLength(read.length);
      for (const [whole, wrapping, action = trigger, property = ''] of read) {
        const schema = known.get(action ?? '');
        expect({ whole, isThere: Object.hasOwn(schema?.properties ?? {}, property) }).toEqual({ whole, isThere: true });
        // What may be absent is null there: most functions fail of it.
        if (!schema?.required?.includes(property))
          expect({ whole, wrapping }).toMatchObject({ wrapping: expect.stringMatching(/^(coalesce|equals)\($/) });
      }
    });
  });
});

/** What an operation of the connector gives a flow; of others nothing is known. */
function schemaOf({ inputs: { host } }: StoredOperation): Schema | undefined {
  const found = operationsOf(committed).find(({ operation }) => operation.operationId === host.operationId);
  return found?.item['x-ms-notification-content']?.schema ?? found?.operation.responses['200']?.schema;
}

describe('npm run solution', () => {
  const run = (...args: string[]) => promisify(execFile)(process.execPath, ['scripts/solution.ts', ...args]);

  test('writes, whenever it runs, the bytes that a backend serves', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'solution-'));
    await run('--host', 'Triggers.Contoso.example', '--out', folder);
    const deployment = { publicBaseUrl: 'https://triggers.contoso.example', access: { kind: 'key' } as const };
    const written = (name: string): Buffer => readFileSync(path.join(folder, name));
    expect(written('connector-solution.zip').equals(connectorZip({ definition: committed, icon, deployment }))).toBe(
      true,
    );
    expect(written('flows-solution.zip').equals(flowsZip(committed))).toBe(true);
    rmSync(folder, { recursive: true });
  });

  test.each([
    ['--host is required', []],
    ['without https://', ['--host', 'https://a.example']],
    ['--tenant and --client-id', ['--host', 'a.example', '--authentication', 'entra', '--tenant', 'contoso']],
    ['for --authentication entra', ['--host', 'a.example', '--client-id', 'x']],
    ['key or entra', ['--host', 'a.example', '--authentication', 'none']],
  ])('says what is wrong: %s', async (fault, args) => {
    await expect(run(...args)).rejects.toMatchObject({ code: 1, stderr: expect.stringContaining(fault) });
  });
});
