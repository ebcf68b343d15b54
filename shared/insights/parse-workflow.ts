import type { Job, Node, Task } from './customer-insights.ts';
import {
  field,
  instantField,
  objectListField,
  stringField,
  stringListField,
  wordField,
  type JsonObject,
} from './json-fields.ts';
import { errorMessage } from './read-error.ts';
import { isCanonicalStatus } from './status-words.ts';

/** Reads a `GraphJobInfo` of Microsoft's public client libraries. */
export function parseJob(json: JsonObject): Job | undefined {
  const jobId = stringField(json, 'jobId');
  if (jobId === undefined) return undefined;
  return {
    jobId,
    submissionKind: wordField(json, 'jobSubmissionKind'),
    status: wordField(json, 'jobStatus'),
    ...writtenStatus(json, 'jobStatus'),
    operationType: wordField(json, 'operationType'),
    submittedAt: instantField(json, 'submittedTimestamp'),
    endedAt: instantField(json, 'endTimestamp'),
    idList: stringListField(json, 'idList'),
    tasks: objectListField(json, 'tasks').flatMap((task) => parseTask(task) ?? []),
  };
}

/**
 * Reads a `GraphTaskInfo`. The error is `ciError`, or else the first of `ciErrors` that has a
 * message.
 */
export function parseTask(json: JsonObject): Task | undefined {
  const taskId = stringField(json, 'taskId');
  if (taskId === undefined) return undefined;
  return {
    taskId,
    status: wordField(json, 'taskStatus'),
    ...writtenStatus(json, 'taskStatus'),
    operationType: wordField(json, 'operationType'),
    jobIds: stringListField(json, 'jobIds'),
    friendlyName: stringField(json, 'friendlyName'),
    submittedAt: instantField(json, 'submittedTimestamp'),
    endedAt: instantField(json, 'endTimestamp'),
    error: [field(json, 'ciError'), ...objectListField(json, 'ciErrors')].map(errorMessage).find(Boolean),
  };
}

/** The status as the service wrote it, if the public client libraries do not contain it. */
function writtenStatus(json: JsonObject, name: string): Pick<Job, 'writtenStatus'> {
  const written = stringField(json, name);
  return written === undefined || isCanonicalStatus(written) ? {} : { writtenStatus: written };
}

/** Reads a `GraphNodeInfo`. A node has no id, so one without an operation type is left out. */
export function parseNode(json: JsonObject): Node | undefined {
  const operationType = wordField(json, 'operationType');
  if (operationType === undefined) return undefined;
  return {
    operationType,
    identifier: stringField(json, 'identifier'),
    friendlyName: stringField(json, 'friendlyName'),
    jobIds: stringListField(json, 'jobIds'),
    status: wordField(json, 'taskStatus'),
    endedAt: instantField(json, 'endTimestamp'),
  };
}
