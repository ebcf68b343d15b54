import type { Static } from '@sinclair/typebox';
import type { SandboxModel } from '../model.ts';
import { dataSourceOperations } from './data-source-operations.ts';
import { instanceOperations } from './instance-operations.ts';
import { jobOperations } from './job-operations.ts';
import { measureOperations } from './measure-operations.ts';
import { segmentOperations } from './segment-operations.ts';
import { serviceOperations } from './service-operations.ts';

/** All operations of the control API, by function name. */
export const operations = {
  ...instanceOperations,
  ...segmentOperations,
  ...measureOperations,
  ...dataSourceOperations,
  ...jobOperations,
  ...serviceOperations,
};

type Operations = typeof operations;
type InputOf<Name extends keyof Operations> = Static<Operations[Name]['input']>;

/**
 * The control API as functions of this process. Each throws `RefusedError` where HTTP responds with
 * 400, 404 or 409, and returns a copy, so the state of the sandbox changes only through these
 * functions.
 */
export type Control = {
  readonly [Name in keyof Operations]: (
    ...input: keyof InputOf<Name> extends never ? [] : [input: InputOf<Name>]
  ) => ReturnType<Operations[Name]['invoke']>;
};

export function controlOf(model: SandboxModel): Control {
  const functions = Object.entries(operations).map(
    ([name, { invoke }]) => [name, (given: unknown = {}) => invoke(model, given)] as const,
  );
  return Object.fromEntries(functions) as unknown as Control;
}
