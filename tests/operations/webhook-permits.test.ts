import { beforeEach, expect, test } from '@jest/globals';
import { webhookPermits, type WebhookPermit, type WebhookPermits } from '../../shared/operations/webhook-permits.ts';
import { manualClock, type ManualClock } from '../helpers/manual-clock.ts';

let clock: ManualClock;
let permits: WebhookPermits;
beforeEach(() => {
  clock = manualClock();
  permits = webhookPermits({ clock, random: { fraction: () => 0 } });
});

function take(): WebhookPermit {
  const permit = permits.take();
  if (permit.kind !== 'permit') throw new Error(`later: ${permit.delayMs} ms`);
  return permit;
}

test('a webhook that is slow but succeeds is called two at a time, and without a pause', async () => {
  for (let round = 0; round < 3; round++) {
    const first = take();
    await clock.advance(5_500);
    const second = take();
    expect(permits.take()).toEqual({ kind: 'later', delayMs: 5_500 });
    await clock.advance(500);
    first.release('delivered');
    await clock.advance(5_500);
    second.release('delivered');
  }
});

test.each([
  ['waits for a minute after a call that hung', 'failed', 5_000, 60_000],
  ['starts after a call that failed at once', 'failed', 4_999, undefined],
  ['starts when storage was slow and there was no call', 'not-called', 5_000, undefined],
] as const)('the next call %s', async (_, outcome, durationMs, delayMs) => {
  const permit = take();
  await clock.advance(durationMs);
  permit.release(outcome);
  expect(permits.take()).toMatchObject(delayMs === undefined ? { kind: 'permit' } : { kind: 'later', delayMs });
  await clock.advance(60_000);
  take();
});

test('while calls hang, a notice is postponed for as long as they have run', async () => {
  take();
  take();
  expect(permits.take()).toEqual({ kind: 'later', delayMs: 5_000 });
  await clock.advance(20_000);
  expect(permits.take()).toEqual({ kind: 'later', delayMs: 20_000 });
});
