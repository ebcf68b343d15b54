import { Type } from '@sinclair/typebox';
import type { Fault } from '../http/faults.ts';
import type { Behaviour } from '../model.ts';
import { inputOf, operation } from './operation.ts';

/** `FaultKind` as JSON. */
const fault = Type.Union([
  inputOf({
    kind: Type.Literal('status'),
    status: Type.Integer({ minimum: 200, maximum: 599 }),
    retryAfter: Type.Optional(Type.Union([Type.String(), Type.Number()])),
  }),
  inputOf({ kind: Type.Literal('slow'), delayMs: Type.Integer({ minimum: 0 }) }),
  inputOf({ kind: Type.Literal('hang') }),
  inputOf({ kind: Type.Literal('reset') }),
  inputOf({ kind: Type.Literal('garbage') }),
  inputOf({ kind: Type.Literal('html') }),
  inputOf({ kind: Type.Literal('empty') }),
]);

const flag = Type.Optional(Type.Boolean());

export const serviceOperations = {
  /**
   * Makes the next calls fail: one call unless `times` is given. Faults are used in the order in
   * which they were added.
   */
  addFault: operation({
    method: 'POST',
    path: '/faults',
    input: inputOf({
      fault,
      times: Type.Optional(Type.Integer({ minimum: 1 })),
      method: Type.Optional(Type.String()),
      pathIncludes: Type.Optional(Type.String()),
    }),
    run: (model, input): readonly Fault[] => {
      model.faults.push({ times: 1, ...input });
      return model.faults;
    },
  }),

  /** The faults that have not been used yet. */
  faults: operation({
    method: 'GET',
    path: '/faults',
    input: inputOf({}),
    run: (model): readonly Fault[] => model.faults,
  }),

  /** Ends all faults. A slow answer that somebody waits for comes at once. */
  clearFaults: operation({
    method: 'DELETE',
    path: '/faults',
    input: inputOf({}),
    run: (model): void => {
      model.faults.length = 0;
      model.cleared.abort();
      model.cleared = new AbortController();
    },
  }),

  /** Changes how the service responds. Absent properties stay unchanged. */
  changeBehaviour: operation({
    method: 'PATCH',
    path: '/behaviour',
    input: inputOf({
      pascalCaseNames: flag,
      pascalCaseValues: flag,
      nulls: flag,
      newestHistoryFirst: flag,
      nextLinks: flag,
    }),
    run: (model, input): Behaviour => Object.assign(model.behaviour, input),
  }),

  /**
   * Calls since the start or the last reset, in total and by route. Calls with faults count,
   * control calls do not.
   */
  calls: operation({
    method: 'GET',
    path: '/calls',
    input: inputOf({}),
    run: (model): { total: number; byRoute: Record<string, number> } => ({
      total: [...model.calls.values()].reduce((sum, count) => sum + count, 0),
      byRoute: Object.fromEntries(model.calls),
    }),
  }),

  resetCalls: operation({
    method: 'DELETE',
    path: '/calls',
    input: inputOf({}),
    run: (model): void => {
      model.calls.clear();
    },
  }),
};
