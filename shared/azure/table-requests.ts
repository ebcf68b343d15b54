import { randomUUID } from 'node:crypto';
import { RestError, type TableClient } from '@azure/data-tables';
import { httpHeaders } from './http-headers.ts';
import type { HttpClient, HttpHeaders, PipelineRequest, PipelineResponse } from './pipeline.ts';

/**
 * A request to the REST API of tables
 * (learn.microsoft.com/rest/api/storageservices/table-service-rest-api).
 */
export interface TableRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** What comes after the address of the service, encoded: `state(PartitionKey='p',RowKey='r')`. */
  readonly resource: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** A response of the service. Its body is parsed when it is JSON. */
export interface TableResponse {
  readonly status: number;
  readonly headers: HttpHeaders;
  readonly text: string;
  readonly json: unknown;
  readonly isSuccess: boolean;
  /** The error code of the service, such as `TableNotFound`. */
  readonly code: string | undefined;
  /** Makes the error for a response that the caller did not expect. */
  readonly failure: () => Error;
}

export type SendTableRequest = (request: TableRequest, abortSignal: AbortSignal) => Promise<TableResponse>;

/**
 * The version of the REST API that the SDK uses. Each part of a transaction names it too, as those
 * of the SDK do.
 */
export const API = { 'x-ms-version': '2019-02-02', dataserviceversion: '3.0' };

/**
 * Sends requests through the pipeline of an SDK client: it signs in, repeats them, and gives them
 * an id and a user agent. The operations of the SDK above that pipeline took more processor time
 * than the pipeline: they fill in a description of each request and each header of a response, and
 * make a new client for each transaction.
 */
export function tableSender(
  client: TableClient,
  httpClient: HttpClient,
  { allowsHttp }: { readonly allowsHttp: boolean },
): SendTableRequest {
  const { base, sas } = serviceAddress(client);
  return async ({ method, resource, headers, body }, abortSignal) => {
    const request: PipelineRequest = {
      url: base + withParameters(resource, sas),
      method,
      headers: httpHeaders({ ...API, ...headers }),
      ...(body !== undefined && { body }),
      requestId: randomUUID(),
      timeout: 0,
      withCredentials: false,
      abortSignal,
      allowInsecureConnection: allowsHttp,
    };
    return tableResponse(await client.pipeline.sendRequest(httpClient, request));
  };
}

interface ServiceAddress {
  /** Ends with a slash. */
  readonly base: string;
  /** The shared access signature of the connection string, as parameters of a URL. */
  readonly sas: string | undefined;
}

/** Divides the URL of a client, in which the SDK puts a shared access signature after `?`. */
export function serviceAddress({ url }: Pick<TableClient, 'url'>): ServiceAddress {
  const [address = '', sas] = url.split('?', 2);
  return { base: address.endsWith('/') ? address : `${address}/`, sas };
}

function withParameters(resource: string, parameters: string | undefined): string {
  if (parameters === undefined) return resource;
  return `${resource}${resource.includes('?') ? '&' : '?'}${parameters}`;
}

function tableResponse(response: PipelineResponse): TableResponse {
  const { status, headers, bodyAsText } = response;
  // The pipeline parses JSON.
  const { parsedBody: json } = response as { readonly parsedBody?: unknown };
  const isSuccess = status >= 200 && status < 300;
  const code = isSuccess ? undefined : (errorOf(json)?.code ?? headers.get('x-ms-error-code'));
  // A caller that asks for the error of a success found the response incomplete.
  const reason = isSuccess ? 'unexpected response' : code;
  return { status, headers, text: bodyAsText ?? '', json, isSuccess, code, failure: () => failure(response, reason) };
}

/**
 * The error of a response with this code, in the form of the SDK's own errors. It holds neither the
 * request nor the response.
 */
export function failure({ status, headers }: Pick<PipelineResponse, 'status' | 'headers'>, code?: string): Error {
  const error = new RestError('storage has refused a request', {
    statusCode: status,
    ...(code !== undefined && { code }),
  });
  return Object.assign(error, { details: { requestId: headers.get('x-ms-request-id') } });
}

/** The error in the body of a response. */
export function errorOf(json: unknown): { readonly code?: string; readonly message?: string } | undefined {
  const { 'odata.error': error } = (json ?? {}) as {
    readonly 'odata.error'?: { readonly code?: string; readonly message?: { readonly value?: string } };
  };
  const message = error?.message?.value;
  return error && { ...(error.code !== undefined && { code: error.code }), ...(message !== undefined && { message }) };
}
