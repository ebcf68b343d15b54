import { Type } from '@sinclair/typebox';
import type { SegmentMetadata } from '../state/documented-shapes.ts';
import { addSegment, changeSegment, evaluateSegment, findSegment, removeSegment } from '../state/segments.ts';
import { findInstance } from '../model.ts';
import { inputOf, operation } from './operation.ts';

const segment = { instanceId: Type.String(), segmentName: Type.String() };
const memberCount = Type.Integer({ minimum: 0 });
const changes = {
  displayName: Type.Optional(Type.String()),
  active: Type.Optional(Type.Boolean()),
};

/** `SegmentOutcome` as JSON. */
const evaluation = Type.Union([
  inputOf({ kind: Type.Literal('succeeded'), memberCount }),
  inputOf({
    kind: Type.Literal('failed'),
    memberCount: Type.Optional(memberCount),
    error: Type.Optional(Type.String()),
  }),
  inputOf({ kind: Type.Literal('cancelled') }),
  inputOf({ kind: Type.Literal('running') }),
]);

export const segmentOperations = {
  /** Evaluates the segment successfully with this member count, now. */
  setMemberCount: operation({
    method: 'PUT',
    path: '/instances/{instanceId}/segments/{segmentName}/member-count',
    input: inputOf({ ...segment, memberCount }),
    run: (model, input): SegmentMetadata => {
      const found = findSegment(findInstance(model, input.instanceId), input.segmentName);
      evaluateSegment(found, { kind: 'succeeded', memberCount: input.memberCount }, model);
      return found;
    },
  }),

  /** Evaluates the segment several times, in the given order, each later than the one before. */
  evaluateSegment: operation({
    method: 'POST',
    path: '/instances/{instanceId}/segments/{segmentName}/evaluations',
    input: inputOf({ ...segment, evaluations: Type.Array(evaluation, { minItems: 1 }) }),
    run: (model, input): SegmentMetadata => {
      const found = findSegment(findInstance(model, input.instanceId), input.segmentName);
      for (const outcome of input.evaluations) evaluateSegment(found, outcome, model);
      return found;
    },
  }),

  /** Adds a segment. With a member count, the segment is evaluated immediately. */
  addSegment: operation({
    method: 'POST',
    path: '/instances/{instanceId}/segments',
    input: inputOf({
      instanceId: Type.String(),
      name: Type.String({ minLength: 1 }),
      ...changes,
      memberCount: Type.Optional(memberCount),
    }),
    run: (model, input): SegmentMetadata => {
      const { instanceId, memberCount, ...description } = input;
      const added = addSegment(findInstance(model, instanceId), description, model);
      if (memberCount !== undefined) evaluateSegment(added, { kind: 'succeeded', memberCount }, model);
      return added;
    },
  }),

  /** Renames, activates or deactivates a segment. Absent properties stay unchanged. */
  changeSegment: operation({
    method: 'PATCH',
    path: '/instances/{instanceId}/segments/{segmentName}',
    input: inputOf({ ...segment, name: Type.Optional(Type.String({ minLength: 1 })), ...changes }),
    run: (model, { instanceId, segmentName, ...change }): SegmentMetadata => {
      const instance = findInstance(model, instanceId);
      const found = findSegment(instance, segmentName);
      changeSegment(instance, found, change, model);
      return found;
    },
  }),

  removeSegment: operation({
    method: 'DELETE',
    path: '/instances/{instanceId}/segments/{segmentName}',
    input: inputOf(segment),
    run: (model, input): void => {
      const instance = findInstance(model, input.instanceId);
      removeSegment(instance, findSegment(instance, input.segmentName));
    },
  }),
};
