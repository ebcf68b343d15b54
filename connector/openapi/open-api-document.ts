/**
 * The parts of OpenAPI 3.1 that the description of the HTTP API uses
 * (spec.openapis.org/oas/v3.1.1).
 */
export interface OpenApiDocument {
  readonly openapi: '3.1.1';
  readonly info: {
    readonly title: string;
    readonly description: string;
    readonly version: string;
    readonly license: { readonly name: string; readonly identifier: string };
  };
  readonly servers: readonly { readonly url: string; readonly description?: string }[];
  readonly tags: readonly { readonly name: string; readonly description: string }[];
  readonly security: readonly SecurityRequirement[];
  readonly paths: Readonly<Record<string, OpenApiPathItem>>;
  readonly webhooks: Readonly<Record<string, OpenApiPathItem>>;
  readonly components: {
    readonly schemas: Readonly<Record<string, object>>;
    readonly responses: Readonly<Record<string, OpenApiResponse>>;
    readonly securitySchemes: Readonly<Record<string, object>>;
  };
}

export type SecurityRequirement = Readonly<Record<string, readonly string[]>>;
export type OpenApiPathItem = Readonly<Partial<Record<'get' | 'post' | 'patch' | 'delete' | 'put', OpenApiOperation>>>;

export interface OpenApiOperation {
  readonly operationId: string;
  readonly summary: string;
  readonly description?: string;
  readonly tags: readonly string[];
  readonly deprecated?: boolean;
  /**
   * The security of this operation, if it differs from the document's. An empty list means
   * anonymous.
   */
  readonly security?: readonly SecurityRequirement[];
  readonly parameters?: readonly OpenApiParameter[];
  readonly requestBody?: { readonly required: true; readonly description?: string; readonly content: Content };
  readonly responses: Readonly<Record<string, OpenApiResponse | Reference>>;
}

export interface OpenApiParameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly required?: boolean;
  readonly description: string;
  readonly schema: object;
}

export interface OpenApiResponse {
  readonly description: string;
  readonly headers?: Readonly<Record<string, { readonly description: string; readonly schema: object }>>;
  readonly content?: Content;
}

/** In OpenAPI 3.1 a description beside a reference replaces the referenced description. */
export interface Reference {
  readonly $ref: string;
  readonly description?: string;
}

export type Content = Readonly<Record<string, { readonly schema: object }>>;

export function jsonContent(schema: object): Content {
  return { 'application/json': { schema } };
}
