import { expect, test } from '@jest/globals';
import { reportUsage } from '../../shared/rate-limit/connection-usage.ts';
import { noTelemetry } from '../../shared/telemetry/telemetry.ts';

test('a connection that comes near a limit is logged, once until it is lower again', () => {
  const lines: unknown[] = [];
  const warn = (event: string, fields: object = {}): void => void lines.push({ event, ...fields });
  const log = { info: warn, warn, error: warn };
  const report = reportUsage({ telemetry: noTelemetry, log });
  let before = 0;
  for (const used of [7, 8, 9, 10, 3, 8]) {
    report('connection-a', 'calls', { before, used, most: 10 });
    before = used;
  }
  const line = { event: 'connection.near-limit', connection: 'connection-a', limit: 'calls', used: 8, most: 10 };
  expect(lines).toEqual([line, line]);
});
