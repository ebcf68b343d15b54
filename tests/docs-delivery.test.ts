import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { settings } from '../shared/settings.ts';
import type { AttemptRecord } from '../shared/deliveries/records/attempt-record.ts';
import { classify } from '../shared/deliveries/attempt/classification.ts';
import {
  codeOf,
  dispositionOf,
  FIRST_PROBE_MS,
  NEXT_PROBE_MS,
  STALE_VERSION_WAIT_MS,
  type Disposition,
} from '../shared/deliveries/attempt/disposition.ts';
import { MAX_RETRY_AFTER_MS } from '../shared/deliveries/retry/retry-schedule.ts';
import { applyQuietly, type EffectPorts } from '../shared/deliveries/subscription/subscription-effects.ts';
import {
  DISABLE_AFTER_DEAD_DELIVERIES,
  DISABLE_AFTER_MS,
} from '../shared/deliveries/subscription/subscription-health.ts';
import { MAX_OFF_MS } from '../shared/deliveries/subscription/pause.ts';
import { silentLog } from '../shared/log.ts';
import type { CallbackResponse, RefusedCode, UnreachedCode } from '../shared/outgoing/callback-client.ts';
import type { SubscriptionStore } from '../shared/subscriptions/subscription-store.ts';
import type { Subscription } from '../shared/subscriptions/subscription.ts';
import { noTelemetry } from '../shared/telemetry/telemetry.ts';
import { manualClock } from './helpers/manual-clock.ts';
import { codesOf, tableRows } from './helpers/markdown.ts';

const page = readFileSync('docs/delivery.md', 'utf8');
const scheduleSeconds = (settings.DELIVERY_SCHEDULE_SECONDS.default ?? '').split(',').map(Number);
const NOW = Date.parse('2026-11-23T10:00:00Z');

/** A row of the table of answers. Columns that say "—" are undefined. */
interface Row {
  readonly statuses: readonly string[];
  readonly names: readonly string[];
  readonly isAnyOther: boolean;
  readonly recorded: readonly string[];
  readonly delivery: string | undefined;
  readonly afterwards: string | undefined;
  readonly subscription: string | undefined;
}

const rows = tableRows(page, 'answer').map(([answer = '', recorded, delivery, afterwards, subscription]): Row => {
  const codes = codesOf(answer);
  return {
    statuses: codes.filter((code) => /^\d(\d\d|xx)$/.test(code)),
    names: codes.filter((code) => /^[A-Z]/.test(code)),
    isAnyOther: answer.startsWith('any other status'),
    recorded: codesOf(recorded),
    delivery: codesOf(delivery)[0],
    afterwards: codesOf(afterwards)[0],
    subscription: codesOf(subscription)[0],
  };
});

/** What the page says of an answer: the first row that fits. */
function documented(answer: CallbackResponse) {
  const row = rows.find((one) => fits(one, answer));
  const code = answer.kind === 'answered' ? row?.recorded[0]?.replace('{status}', `${answer.status}`) : answer.code;
  return { code, delivery: row?.delivery, afterwards: row?.afterwards, subscription: row?.subscription };
}

function fits({ statuses, names, isAnyOther, recorded }: Row, answer: CallbackResponse): boolean {
  if (answer.kind !== 'answered') return recorded.includes(answer.code);
  if (isAnyOther) return true;
  const { status, errorCode = '' } = answer;
  const isStatus = statuses.includes(`${status}`) || statuses.includes(`${Math.floor(status / 100)}xx`);
  return isStatus && (names.length === 0 || names.some((name) => name.toLowerCase() === errorCode.toLowerCase()));
}

/** What the code makes of an answer, and of the same answer to all further attempts. */
async function decided(answer: CallbackResponse) {
  const verdict = classify(answer);
  const earlier: AttemptRecord[] = [];
  let nowMs = NOW;
  const attempt = (): Disposition =>
    dispositionOf(verdict, { earlier, calledId: undefined, scheduleSeconds, jitter: 0, nowMs });
  const first = attempt();
  let last = first;
  while (last.kind === 'retrying' && earlier.length < 20) {
    earlier.push({ number: earlier.length + 1, at: new Date(nowMs).toISOString(), durationMs: 1, code: last.code });
    nowMs += last.delayMs;
    last = attempt();
  }
  return {
    code: codeOf(verdict),
    delivery: statusOf(first),
    afterwards: last === first ? undefined : statusOf(last),
    subscription: await subscriptionAfter(last, nowMs),
  };
}

function statusOf({ kind }: Disposition): string {
  return kind === 'gone' ? 'ended' : kind;
}

/** The status of an active subscription after an outcome, when it has another one. */
async function subscriptionAfter(disposition: Disposition, nowMs: number): Promise<string | undefined> {
  let status = 'active';
  const written = ({ status: next }: Subscription) => {
    status = next;
    return Promise.resolve({ kind: 'written' as const });
  };
  const store: Pick<SubscriptionStore, 'writeTogether' | 'end' | 'load'> = {
    writeTogether: ([next]) => written(next),
    end: written,
    load: () => Promise.resolve(undefined),
  };
  const ports: EffectPorts = {
    store: store as SubscriptionStore,
    log: silentLog,
    telemetry: noTelemetry,
    notifiesOperator: false,
    clock: manualClock(),
    work: { add: () => Promise.resolve() },
    release: () => Promise.resolve(),
  };
  const called = { id: 's1', status: 'active', ended: false, deadDeliveries: 0 } as Subscription;
  await applyQuietly(ports, called, disposition, nowMs);
  return status === 'active' ? undefined : status;
}

const unreached: Record<UnreachedCode, true> = {
  dns: true,
  connect: true,
  tls: true,
  reset: true,
  timeout: true,
  malformed: true,
};
const refused: Record<RefusedCode, true> = { 'url-not-allowed': true, 'address-not-public': true };

describe('the table of answers says what happens', () => {
  const listed = rows.flatMap((row) => row.names);
  const names = [undefined, 'SomethingElse', ...listed, ...listed.map((name) => name.toLowerCase())];

  test.each(names)('to every status with the error code %s', async (errorCode) => {
    for (let status = 100; status < 1000; status++) {
      const answer: CallbackResponse = { kind: 'answered', status, durationMs: 1, ...(errorCode && { errorCode }) };
      expect({ status, ...documented(answer) }).toEqual({ status, ...(await decided(answer)) });
    }
  });

  test.each(Object.keys(unreached) as UnreachedCode[])('when the call ends with %s', async (code) => {
    const answer: CallbackResponse = { kind: 'unreached', code, durationMs: 1 };
    expect(documented(answer)).toEqual(await decided(answer));
  });

  test.each(Object.keys(refused) as RefusedCode[])('when the guard refuses with %s', async (code) => {
    const answer: CallbackResponse = { kind: 'refused', code, durationMs: 1 };
    expect(documented(answer)).toEqual(await decided(answer));
  });

  test('and of no answer that cannot be', () => {
    const listed = rows.filter(({ statuses, isAnyOther }) => statuses.length === 0 && !isAnyOther);
    expect(listed.flatMap((row) => row.recorded).sort()).toEqual(
      [...Object.keys(unreached), ...Object.keys(refused)].sort(),
    );
    const reached = new Set<Row | undefined>();
    for (const errorCode of [undefined, ...rows.flatMap((row) => row.names)]) {
      for (let status = 100; status < 1000; status++) {
        const answer: CallbackResponse = { kind: 'answered', status, durationMs: 1, ...(errorCode && { errorCode }) };
        reached.add(rows.find((row) => fits(row, answer)));
      }
    }
    expect(rows.filter((row) => !reached.has(row))).toEqual(listed);
  });
});

test('the waits are those of the code', () => {
  const unitMs = { minutes: 60_000, hours: 3_600_000, days: 86_400_000 };
  const waits = tableRows(page, 'wait').map(([, text = '']) => {
    const [count, unit] = text.split(' ');
    return Number(count) * unitMs[unit as keyof typeof unitMs];
  });
  expect(waits).toEqual([STALE_VERSION_WAIT_MS, FIRST_PROBE_MS, NEXT_PROBE_MS, MAX_OFF_MS, MAX_RETRY_AFTER_MS]);
});

test('the retries are those of the default schedule', () => {
  let total = 0;
  const expected = scheduleSeconds.map((seconds, index) => [index + 1, seconds, (total += seconds)]);
  expect(tableRows(page, 'retry').map((row) => row.map(Number))).toEqual(expected);
});

test('a subscription is disabled when the page says so', () => {
  const days = DISABLE_AFTER_MS / 86_400_000;
  expect(page).toContain(
    `success is ${days} days old and ${DISABLE_AFTER_DEAD_DELIVERIES} deliveries or more are dead`,
  );
});
