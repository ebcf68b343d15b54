import type { Job, Node, Task } from './customer-insights.ts';
import { field, instant, objectsIn, text, textsIn, word, type JsonObject } from './json-fields.ts';
import { errorMessage } from './read-error.ts';
import { isReportedStatus } from './status-words.ts';

/** `GraphJobInfo`. */
export function parseJob(json: JsonObject): Job | undefined {
  const jobId = text(json, 'jobId');
  if (jobId === undefined) return undefined;
  return {
    jobId,
    submissionKind: word(json, 'jobSubmissionKind') ?? '',
    status: word(json, 'jobStatus') ?? '',
    ...writtenStatus(json, 'jobStatus'),
    operationType: word(json, 'operationType') ?? '',
    submittedAt: instant(json, 'submittedTimestamp'),
    endedAt: instant(json, 'endTimestamp'),
    idList: textsIn(json, 'idList'),
    tasks: objectsIn(json, 'tasks').flatMap((task) => parseTask(task) ?? []),
  };
}

/** `GraphTaskInfo`. The error is `ciError`, else the first of `ciErrors` that says something. */
export function parseTask(json: JsonObject): Task | undefined {
  const taskId = text(json, 'taskId');
  if (taskId === undefined) return undefined;
  return {
    taskId,
    status: word(json, 'taskStatus') ?? '',
    ...writtenStatus(json, 'taskStatus'),
    operationType: word(json, 'operationType') ?? '',
    jobIds: textsIn(json, 'jobIds'),
    friendlyName: text(json, 'friendlyName'),
    submittedAt: instant(json, 'submittedTimestamp'),
    endedAt: instant(json, 'endTimestamp'),
    error: [field(json, 'ciError'), ...objectsIn(json, 'ciErrors')].map(errorMessage).find(Boolean),
  };
}

function writtenStatus(json: JsonObject, name: string): Pick<Job, 'writtenStatus'> {
  const written = text(json, name);
  return written === undefined || isReportedStatus(written) ? {} : { writtenStatus: written };
}

/** `GraphNodeInfo`. A node has no id of its own: without operation type it is nothing. */
export function parseNode(json: JsonObject): Node | undefined {
  const operationType = word(json, 'operationType');
  if (operationType === undefined) return undefined;
  return {
    operationType,
    identifier: text(json, 'identifier'),
    friendlyName: text(json, 'friendlyName'),
    jobIds: textsIn(json, 'jobIds'),
    status: word(json, 'taskStatus') ?? '',
    endedAt: instant(json, 'endTimestamp'),
  };
}
