import { Type } from '@sinclair/typebox';
import type { MeasureMetadata } from '../state/documented-shapes.ts';
import { addMeasure, changeMeasure, evaluateMeasure, findMeasure, removeMeasure } from '../state/measures.ts';
import { findInstance } from '../model.ts';
import { inputOf, operation } from './operation.ts';

const measure = { instanceId: Type.String(), measureName: Type.String() };
const value = Type.Union([Type.Number(), Type.String()]);
const displayName = Type.Optional(Type.String());

/** `MeasureOutcome` as JSON. */
const evaluation = Type.Union([
  inputOf({ kind: Type.Literal('succeeded'), value: Type.Optional(value) }),
  inputOf({ kind: Type.Literal('failed'), error: Type.Optional(Type.String()) }),
  inputOf({ kind: Type.Literal('cancelled') }),
  inputOf({ kind: Type.Literal('running') }),
]);

export const measureOperations = {
  /** Evaluates the measure successfully with this value, now. */
  setMeasureValue: operation({
    method: 'PUT',
    path: '/instances/{instanceId}/measures/{measureName}/value',
    input: inputOf({ ...measure, value }),
    run: (model, input): MeasureMetadata => {
      const instance = findInstance(model, input.instanceId);
      const found = findMeasure(instance, input.measureName);
      evaluateMeasure(instance, found, { kind: 'succeeded', value: input.value }, model);
      return found;
    },
  }),

  /** Evaluates the measure several times, in the given order, each later than the one before. */
  evaluateMeasure: operation({
    method: 'POST',
    path: '/instances/{instanceId}/measures/{measureName}/evaluations',
    input: inputOf({ ...measure, evaluations: Type.Array(evaluation, { minItems: 1 }) }),
    run: (model, input): MeasureMetadata => {
      const instance = findInstance(model, input.instanceId);
      const found = findMeasure(instance, input.measureName);
      for (const outcome of input.evaluations) evaluateMeasure(instance, found, outcome, model);
      return found;
    },
  }),

  /** Adds a measure. With a value, the measure is evaluated immediately. */
  addMeasure: operation({
    method: 'POST',
    path: '/instances/{instanceId}/measures',
    input: inputOf({
      instanceId: Type.String(),
      name: Type.String({ minLength: 1 }),
      displayName,
      form: Type.Optional(
        Type.Union([Type.Literal('withoutDimension'), Type.Literal('byDimension'), Type.Literal('perCustomer')]),
      ),
      value: Type.Optional(value),
    }),
    run: (model, input): MeasureMetadata => {
      const { instanceId, value, ...description } = input;
      const instance = findInstance(model, instanceId);
      const added = addMeasure(instance, description, model);
      if (value !== undefined) evaluateMeasure(instance, added, { kind: 'succeeded', value }, model);
      return added;
    },
  }),

  /** Renames, activates or deactivates a measure. Absent properties stay unchanged. */
  changeMeasure: operation({
    method: 'PATCH',
    path: '/instances/{instanceId}/measures/{measureName}',
    input: inputOf({
      ...measure,
      name: Type.Optional(Type.String({ minLength: 1 })),
      displayName,
      active: Type.Optional(Type.Boolean()),
    }),
    run: (model, { instanceId, measureName, ...change }): MeasureMetadata => {
      const instance = findInstance(model, instanceId);
      const found = findMeasure(instance, measureName);
      changeMeasure(instance, found, change, model);
      return found;
    },
  }),

  removeMeasure: operation({
    method: 'DELETE',
    path: '/instances/{instanceId}/measures/{measureName}',
    input: inputOf(measure),
    run: (model, input): void => {
      const instance = findInstance(model, input.instanceId);
      removeMeasure(instance, findMeasure(instance, input.measureName));
    },
  }),
};
