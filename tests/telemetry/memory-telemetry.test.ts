import { describe, expect, test } from '@jest/globals';
import { noTelemetry } from '../../shared/telemetry/telemetry.ts';
import { telemetryContract } from '../contract/telemetry.contract.ts';
import { openMemoryTelemetry } from './opened-telemetry.ts';

describe('telemetry in memory', () => {
  telemetryContract(openMemoryTelemetry);
});

test('no telemetry is no detour: work is what it would be without', async () => {
  const work = Promise.resolve('given');
  expect(noTelemetry.span('work', {}, () => work)).toBe(work);
  expect(noTelemetry.within('whatever', () => work)).toBe(work);
  expect(noTelemetry.traceparent()).toBeUndefined();
  await expect(noTelemetry.span('work', {}, () => Promise.reject(new Error('as it is')))).rejects.toThrow('as it is');
});
