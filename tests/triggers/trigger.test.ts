import { expect, test } from '@jest/globals';
import { isTrigger, triggerNames, triggerOfCode, triggers } from '../../shared/triggers/trigger.ts';

test('each trigger has a code and an operation of its own', () => {
  expect(triggerNames).toHaveLength(6);
  expect(triggerNames.map((name) => triggerOfCode(triggers[name].code))).toEqual(triggerNames);
  expect(new Set(triggerNames.map((name) => triggers[name].operationId)).size).toBe(6);
});

test('codes are stored, so they are what they always were', () => {
  expect(triggerNames.map((name) => `${triggers[name].code} ${name}`)).toEqual([
    'a data-source-refresh-failed',
    'b data-source-refresh-succeeded',
    'c segment-threshold-crossed',
    'd measure-threshold-crossed',
    'e full-refresh-completed',
    'f unification-refresh-completed',
  ]);
  expect(triggerOfCode('g')).toBeUndefined();
});

test.each(['', 'constructor', '__proto__', 'toString', 'Full-Refresh-Completed'])('%j is no trigger', (name) => {
  expect(isTrigger(name)).toBe(false);
});
