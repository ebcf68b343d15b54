import { strFromU8, unzipSync } from 'fflate';
import type { Access } from '../../connector/document/access.ts';
import type { SwaggerDocument } from '../../connector/document/swagger-document.ts';
import { connectorZip, flowsZip } from '../../connector/solution/solutions.ts';
import { readFileSync } from 'node:fs';

export const committed = JSON.parse(readFileSync('connector/apiDefinition.swagger.json', 'utf8')) as SwaggerDocument;
export const icon = readFileSync('connector/icon.png');

export const entra: Access = {
  kind: 'entra',
  tenantId: '0f1e2d3c-4b5a-4968-8776-655443322110',
  clientId: '1f1e2d3c-4b5a-4968-8776-655443322110',
  resource: 'api://2f1e2d3c-4b5a-4968-8776-655443322110',
};

/** A zip as import sees it: the files by their names, as texts. */
export function unpacked(zip: Uint8Array): Map<string, string> {
  return new Map(Object.entries(unzipSync(zip)).map(([name, content]) => [name, strFromU8(content)]));
}

function connectorSolution(access: Access): Uint8Array {
  const deployment = { publicBaseUrl: 'https://triggers.contoso.example', access, contactEmail: 'ann@contoso.example' };
  return connectorZip({ definition: committed, icon, deployment });
}

export function connectorFiles(access: Access = { kind: 'key' }): Map<string, string> {
  return unpacked(connectorSolution(access));
}

/** The bytes of the icon in the connector's solution. */
export function packedIcon(): Buffer {
  const files = Object.entries(unzipSync(connectorSolution({ kind: 'key' })));
  return Buffer.from(files.find(([name]) => name.endsWith('_iconblob.Png'))?.[1] ?? '');
}

/** A flow as a solution has it. */
export interface StoredFlow {
  readonly properties: {
    readonly connectionReferences: Readonly<
      Record<string, { readonly connection: { readonly connectionReferenceLogicalName: string } }>
    >;
    readonly definition: {
      readonly parameters: Readonly<Record<string, { readonly metadata?: { readonly schemaName: string } }>>;
      readonly triggers: Readonly<Record<string, StoredOperation>>;
      readonly actions: Readonly<Record<string, StoredOperation>>;
    };
  };
}

export interface StoredOperation {
  readonly inputs: {
    readonly host: { readonly connectionName: string; readonly operationId: string };
    readonly parameters: Readonly<Record<string, unknown>>;
  };
}

export const flowFiles = unpacked(flowsZip(committed));

export const storedFlows: readonly (readonly [file: string, flow: StoredFlow])[] = [...flowFiles]
  .filter(([name]) => name.startsWith('Workflows/'))
  .map(([name, text]) => [name, JSON.parse(text) as StoredFlow]);
