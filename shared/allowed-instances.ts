import { refusal, type Refusal } from './problem.ts';

/**
 * Whether the operator allows an instance. `allowed` holds the lower-case ids of
 * `ALLOWED_INSTANCES`. An empty set allows all instances.
 */
export function allowsInstance(allowed: ReadonlySet<string>, instanceId: string): boolean {
  return allowed.size === 0 || allowed.has(instanceId.toLowerCase());
}

/** The refusal of a request for an instance that is not allowed. */
export function instanceNotAllowed(): Refusal {
  return refusal(
    'instance-not-allowed',
    'The operator of this service (whoever set up this connector for you) does not allow this instance. Choose another Instance from the list, or ask the operator to allow this one.',
  );
}
