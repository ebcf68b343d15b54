import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '../../shared/clock.ts';
import { unreachable } from '../../shared/unreachable.ts';
import type { CallbackAnswer } from './answer-script.ts';
import { answerToCallback, workflowIdOf } from './callback-check.ts';
import type { IncomingCallback } from './callback-check.ts';
import type { CallLog } from './call-log.ts';
import type { Flow } from './flow.ts';
import { parsedJson } from './parsed-json.ts';
import type { WorkflowIdentifiers } from './workflow-identifiers.ts';

export interface CallbackEndpointDependencies {
  readonly origin: string;
  /** The flow of a workflow id, including deleted flows. */
  readonly flowOf: (workflowId: string) => Flow | undefined;
  readonly log: CallLog;
  readonly identifiers: WorkflowIdentifiers;
  readonly clock: Clock;
  /** Ends slow responses. */
  readonly signal: AbortSignal;
}

/**
 * Responds to one request to a callback URL and records it. Resolves once the response is sent or
 * will never be sent.
 */
export type CallbackEndpoint = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

export function createCallbackEndpoint(dependencies: CallbackEndpointDependencies): CallbackEndpoint {
  const { flowOf, log, identifiers, clock, signal } = dependencies;

  return async (request, response) => {
    const callback = await readCallback(request);
    const { method, url, headers, text } = callback;
    const flow = flowOf(workflowIdOf(url) ?? '');
    const answer = answerToCallback(callback, flow);
    const call = log.receive({
      ...(flow !== undefined && { flowId: flow.id }),
      method,
      url,
      headers,
      body: parsedJson(text) ?? text,
      answer,
    });

    if (flow !== undefined && answer.kind === 'accept') {
      if (answer.delayMs > 0) await clock.sleep(answer.delayMs, signal);
      const runId = identifiers.runId();
      log.start(call, runId);
      response.setHeader('x-ms-workflow-run-id', runId);
      response.setHeader('x-ms-workflow-id', flow.workflowId);
      response.setHeader('x-ms-workflow-version', flow.versions.at(-1)?.version ?? '');
      response.setHeader('x-ms-client-tracking-id', headers['x-ms-client-tracking-id'] ?? runId);
    }
    send(answer, response, dependencies);
  };
}

async function readCallback(request: IncomingMessage): Promise<IncomingCallback> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const headers: Record<string, string | undefined> = {};
  for (const [name, value] of Object.entries(request.headers)) {
    headers[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  return {
    method: request.method ?? '',
    url: request.url ?? '',
    headers,
    text: Buffer.concat(chunks).toString('utf8'),
  };
}

function send(
  answer: CallbackAnswer,
  response: ServerResponse,
  { origin, identifiers }: Pick<CallbackEndpointDependencies, 'origin' | 'identifiers'>,
): void {
  if (answer.kind === 'hang') return;
  if (answer.kind === 'reset') {
    response.socket?.resetAndDestroy();
    return;
  }
  const requestId = identifiers.guid();
  response.setHeader('x-ms-request-id', requestId);
  response.setHeader('x-ms-tracking-id', requestId);
  response.setHeader('x-ms-correlation-id', requestId);
  response.statusCode = answer.status;
  switch (answer.kind) {
    case 'accept':
      response.end();
      return;
    case 'redirect':
      response.setHeader('location', `${origin}/redirected`).end();
      return;
    case 'refuse':
      if (answer.retryAfter !== undefined) response.setHeader('retry-after', answer.retryAfter);
      if (answer.error === undefined) {
        response.end();
        return;
      }
      response.setHeader('content-type', 'application/json; charset=utf-8');
      response.end(JSON.stringify({ error: answer.error }));
      return;
    default:
      unreachable(answer);
  }
}
