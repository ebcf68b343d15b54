/**
 * The parts of Swagger 2.0 and of its Power Platform extensions that the connector uses
 * (learn.microsoft.com/connectors/custom-connectors/openapi-extensions).
 */
export interface SwaggerDocument {
  readonly swagger: '2.0';
  readonly info: {
    readonly title: string;
    readonly description: string;
    readonly version: string;
    readonly contact: { readonly name: string; readonly url?: string; readonly email?: string };
    readonly 'x-ms-api-annotation'?: { readonly status?: 'Production' | 'Preview' };
  };
  /** Host name, with a port unless it is the default of the scheme. */
  readonly host: string;
  readonly basePath: string;
  readonly schemes: readonly string[];
  readonly consumes: readonly string[];
  readonly produces: readonly string[];
  readonly paths: Readonly<Record<string, PathItem>>;
  readonly securityDefinitions: Readonly<Record<string, object>>;
  readonly security: readonly Readonly<Record<string, readonly string[]>>[];
  readonly 'x-ms-capabilities': { readonly testConnection: { readonly operationId: string } };
  readonly 'x-ms-connector-metadata': readonly { readonly propertyName: string; readonly propertyValue: string }[];
}

export const methods = ['get', 'put', 'post', 'delete', 'patch'] as const;
export type Method = (typeof methods)[number];

export interface PathItem extends Readonly<Partial<Record<Method, Operation>>> {
  /** The body that the backend POSTs to a subscribed flow. */
  readonly 'x-ms-notification-content'?: { readonly description: string; readonly schema: Schema };
}

export interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly description: string;
  readonly 'x-ms-visibility'?: Visibility;
  readonly 'x-ms-trigger'?: 'single' | 'batch';
  readonly 'x-ms-trigger-hint'?: string;
  readonly 'x-ms-pageable'?: { readonly nextLinkName: string };
  /** Versions of one operation have the same family. */
  readonly 'x-ms-api-annotation'?: {
    readonly family?: string;
    readonly revision?: number;
    readonly status?: 'Production' | 'Preview';
  };
  readonly deprecated?: boolean;
  readonly parameters?: readonly Parameter[];
  readonly responses: Readonly<Record<string, Response>>;
}

export type Visibility = 'important' | 'advanced' | 'internal';

export interface Response {
  readonly description: string;
  readonly schema?: Schema;
  readonly headers?: Readonly<Record<string, { readonly type: string; readonly description: string }>>;
}

export type Parameter = BodyParameter | PlainParameter;

export interface BodyParameter {
  /** The first part of every `parameterReference` to one of its properties. */
  readonly name: 'body';
  readonly in: 'body';
  readonly required: true;
  readonly description?: string;
  readonly schema: Schema;
}

export interface PlainParameter extends Constraints, Partial<DropDown> {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly required: boolean;
  readonly type: string;
  readonly description: string;
  readonly 'x-ms-summary': string;
  readonly 'x-ms-visibility'?: Visibility;
  readonly 'x-ms-url-encoding'?: 'single' | 'double';
}

export interface Schema extends Constraints, Partial<DropDown> {
  readonly type?: string;
  readonly title?: string;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly additionalProperties?: boolean | Schema;
  readonly $ref?: string;
  readonly 'x-ms-visibility'?: Visibility;
  readonly 'x-ms-notification-url'?: boolean;
  readonly 'x-ms-dynamic-schema'?: {
    readonly operationId: string;
    readonly parameters: Readonly<Record<string, { readonly parameter: string }>>;
    readonly 'value-path': string;
  };
  readonly 'x-ms-dynamic-properties'?: {
    readonly operationId: string;
    readonly parameters: Readonly<Record<string, { readonly parameterReference: string }>>;
    readonly itemValuePath: string;
  };
}

/** A schema of a value. */
export interface Constraints {
  readonly format?: string;
  readonly enum?: readonly unknown[];
  readonly 'x-ms-enum-values'?: readonly { readonly value: unknown; readonly displayName: string }[];
  readonly default?: unknown;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly pattern?: string;
}

/**
 * A drop-down is described twice, because the old designer reads `-values` and the new one `-list`.
 */
export interface DropDown {
  readonly 'x-ms-dynamic-values': {
    readonly operationId: string;
    readonly parameters?: Readonly<Record<string, { readonly parameter: string }>>;
    readonly 'value-collection': string;
    readonly 'value-path': string;
    readonly 'value-title': string;
  };
  readonly 'x-ms-dynamic-list': {
    readonly operationId: string;
    readonly parameters?: Readonly<Record<string, { readonly parameterReference: string }>>;
    readonly itemsPath: string;
    readonly itemValuePath: string;
    readonly itemTitlePath: string;
  };
}
