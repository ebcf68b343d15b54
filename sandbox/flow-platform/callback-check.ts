import type { CallbackAnswer } from './answer-script.ts';
import type { Flow } from './flow.ts';
import { notificationMismatch } from './notification-schemas.ts';
import type { TriggerSegment } from './notification-schemas.ts';
import { parsedJson } from './parsed-json.ts';

/** A callback as received over HTTP. */
export interface IncomingCallback {
  readonly method: string;
  /** Path and query, byte for byte. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly text: string;
}

/** The workflow id in the path of a callback. `undefined` when the path has none. */
export function workflowIdOf(url: string): string | undefined {
  return /^\/workflows\/([0-9a-f]{32})\//.exec(url)?.[1];
}

/**
 * The platform's response to a callback. The flow's script decides about a valid callback and is
 * not used for any other. Codes and statuses come from public error reports of Logic Apps and from
 * the sender of such callbacks in Business Central (codeunit 1545 of microsoft/BCApps). The checks
 * are in the order of the platform, as far as it is known: the flow, the signature, the state of
 * the flow, the body.
 */
export function answerToCallback(
  callback: IncomingCallback,
  flow: Pick<Flow, 'state' | 'definition' | 'versions' | 'nextAnswer'> | undefined,
): CallbackAnswer {
  if (flow === undefined || flow.state === 'deleted') {
    return refuse(404, 'WorkflowNotFound', 'There is no workflow with this id.');
  }
  const version = flow.versions.findIndex((each) => each.callbackPath === callback.url);
  if (version === -1) {
    return refuse(401, 'DirectApiAuthorizationRequired', 'The signature does not match this path and query.');
  }
  if (callback.headers['authorization'] !== undefined) {
    return refuse(
      401,
      'DirectApiRequestHasMoreThanOneAuthorization',
      'The URL is already signed. Remove the Authorization header.',
    );
  }
  if (callback.method !== 'POST') return refuse(405, 'MethodNotAllowed', 'Triggers accept only POST.');
  if (version !== flow.versions.length - 1) {
    return refuse(
      404,
      'WorkflowTriggerVersionNotFound',
      'The flow was saved again, and this version no longer exists.',
    );
  }
  if (flow.state !== 'on') return refuse(400, 'WorkflowTriggerIsNotEnabled', 'The flow is turned off.');
  return bodyRefusal(callback, flow.definition.trigger) ?? flow.nextAnswer(callback.headers['webhook-id']);
}

function bodyRefusal(callback: IncomingCallback, trigger: TriggerSegment): CallbackAnswer | undefined {
  // A body of any other content type reaches the flow as text wrapped in an object, which matches
  // no declared schema.
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
