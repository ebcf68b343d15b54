import type { CallbackAnswer } from './answer-script.ts';
import type { Flow } from './flow.ts';
import { notificationMismatch } from './notification-schemas.ts';
import type { TriggerSegment } from './notification-schemas.ts';
import { parsedJson } from './parsed-json.ts';

/** A callback as it came over the wire. */
export interface IncomingCallback {
  readonly method: string;
  /** Path and query, byte for byte. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly text: string;
}

/** The id of the workflow that a callback is for, if its path names one. */
export function workflowIdOf(url: string): string | undefined {
  return /^\/workflows\/([0-9a-f]{32})\//.exec(url)?.[1];
}

/**
 * What the platform answers to a callback: the flow's script decides over one that is in order, and is not asked about
 * any other. Codes and statuses are those in public error reports of Logic Apps and in Business Central's sender of such
 * callbacks (codeunit 1545 of microsoft/BCApps). The order is that of the platform as far as it can be told: who is
 * meant, may the caller, is the flow on, is the body right.
 */
export function answerToCallback(
  callback: IncomingCallback,
  flow: Pick<Flow, 'state' | 'definition' | 'versions' | 'nextAnswer'> | undefined,
): CallbackAnswer {
  if (flow === undefined || flow.state === 'deleted') {
    return refuse(404, 'WorkflowNotFound', 'There is no workflow of this id.');
  }
  const version = flow.versions.findIndex((each) => each.callbackPath === callback.url);
  if (version === -1) {
    return refuse(401, 'DirectApiAuthorizationRequired', 'The signature does not fit this path and query.');
  }
  if (callback.headers['authorization'] !== undefined) {
    return refuse(
      401,
      'DirectApiRequestHasMoreThanOneAuthorization',
      'The URL is signed already: leave out the Authorization header.',
    );
  }
  if (callback.method !== 'POST') return refuse(405, 'MethodNotAllowed', 'A trigger is called by POST.');
  if (version !== flow.versions.length - 1) {
    return refuse(404, 'WorkflowTriggerVersionNotFound', 'The flow was saved again: this version is no more.');
  }
  if (flow.state !== 'on') return refuse(400, 'WorkflowTriggerIsNotEnabled', 'The flow is turned off.');
  return bodyRefusal(callback, flow.definition.trigger) ?? flow.nextAnswer(callback.headers['webhook-id']);
}

function bodyRefusal(callback: IncomingCallback, trigger: TriggerSegment): CallbackAnswer | undefined {
  // Any other content type reaches the flow as text wrapped in an object, which fits no declared schema.
  if (!/^application\/json\s*(;|$)/i.test(callback.headers['content-type'] ?? '')) {
    return refuse(400, 'TriggerInputSchemaMismatch', 'The content type is not application/json.');
  }
  const body = parsedJson(callback.text);
  if (body === undefined) return refuse(400, 'InvalidRequestContent', 'The body is not JSON.');
  const mismatch = notificationMismatch(trigger, body);
  return mismatch === undefined ? undefined : refuse(400, 'TriggerInputSchemaMismatch', mismatch);
}

function refuse(status: number, code: string, message: string): CallbackAnswer {
  return { kind: 'refuse', status, error: { code, message } };
}
