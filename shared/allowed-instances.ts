import { refusal, type Refusal } from './problem.ts';

/** Whether the operator allows an instance, by the lower-case ids of `ALLOWED_INSTANCES`: none allows all. */
export function allowsInstance(allowed: ReadonlySet<string>, instanceId: string): boolean {
  return allowed.size === 0 || allowed.has(instanceId.toLowerCase());
}

/** What a caller is told who wants to use another. */
export function instanceNotAllowed(): Refusal {
  return refusal(
    'instance-not-allowed',
    'The operator of this service does not allow this instance. Choose another one, or ask the operator to allow it.',
  );
}
