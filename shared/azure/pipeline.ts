import type { TableServiceClientOptions } from '@azure/data-tables';

/**
 * The client that the SDK of tables sends its requests with. The SDK does not export these types.
 */
export type HttpClient = NonNullable<TableServiceClientOptions['httpClient']>;
export type PipelineRequest = Parameters<HttpClient['sendRequest']>[0];
export type PipelineResponse = Awaited<ReturnType<HttpClient['sendRequest']>>;

/** Headers in the form in which the policies of the SDK read and change them. */
export type HttpHeaders = PipelineResponse['headers'];
