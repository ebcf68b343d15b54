import { createSecretKey } from 'node:crypto';
import { beforeEach, describe, expect, jest, test } from '@jest/globals';
import { Webhook } from 'standardwebhooks';
import type { RetriesMessage } from '../../shared/deliveries/messages.ts';
import type { LogFields } from '../../shared/log.ts';
import { createMemoryTables } from '../../shared/storage/memory-tables.ts';
import { StorageError, type Tables } from '../../shared/storage/tables.ts';
import type { CallbackResponse } from '../../shared/outgoing/callback-client.ts';
import { at, evaluated, segment } from '../helpers/insights-data.ts';
import { flushPromises } from '../helpers/manual-clock.ts';
import {
  accepted,
  answered,
  callbackUrl,
  INSTANCE,
  memoryBackend,
  type MemoryBackend,
} from '../helpers/memory-backend.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const URL_ONE = callbackUrl('one');
let fixture: MemoryBackend;
let minute: number;

beforeEach(() => {
  fixture = memoryBackend();
  minute = 1;
  fixture.data.segments = [segment('vip', evaluated(90, minute))];
});

const subscribe = (name: string, more: Record<string, unknown> = {}): ReturnType<MemoryBackend['subscribe']> =>
  fixture.subscribe('segment-threshold-crossed', {
    segmentName: 'vip',
    threshold: 100,
    callbackUrl: callbackUrl(name),
    ...more,
  });

/** The segment rises above 100 and falls again: one event. */
async function rise(): Promise<void> {
  minute = Math.max(minute, Math.floor((fixture.clock.now() - Date.parse(at(0))) / MINUTE));
  fixture.data.segments = [segment('vip', evaluated(120, ++minute), evaluated(90, ++minute))];
  await fixture.poll();
}

const pass = (ms: number): Promise<void> => fixture.pass(ms);

const statusOf = async (id: string): Promise<string> => {
  const found = await fixture.backend.getOwn('connection-a', 'segment-threshold-crossed', id);
  return found.kind === 'found' ? found.view.status : found.code;
};

describe('a fan-out', () => {
  test('to more than a chunk calls everybody once, and leaves nothing open', async () => {
    for (let index = 0; index < 620; index++) await subscribe(`s${index}`, { threshold: 90 + index / 100 });
    await rise();
    expect(new Set(fixture.calls.map(({ url }) => url)).size).toBe(620);
    expect(fixture.calls.length).toBe(620);
    await fixture.poll();
    const open = await fixture.tables.query('state', { partition: INSTANCE, from: 'o:', to: 'o;' });
    expect(open.rows).toEqual([]);
    expect(fixture.queues.waiting('deliveries')).toEqual([]);
    expect(fixture.calls.length).toBe(620);
  });

  test('that reaches nobody leaves no event behind', async () => {
    await subscribe('one', { threshold: 1000 });
    await rise();
    expect(await fixture.tables.tableNames('activity')).toEqual([]);
    const open = await fixture.tables.query('state', { partition: INSTANCE, from: 'o:', to: 'o;' });
    expect(open.rows).toEqual([]);
  });
});

describe('a failing receiver', () => {
  test('is called again on schedule with the same id and the same bytes, until it answers', async () => {
    await subscribe('one');
    fixture.answers.set(URL_ONE, () => answered(500));
    await rise();
    for (const seconds of [5, 30]) {
      await pass(seconds * 1000 - 1);
      const before = fixture.calls.length;
      await pass(1);
      expect(fixture.calls.length).toBe(before + 1);
    }
    fixture.answers.delete(URL_ONE);
    await pass(300_000);
    await pass(10 * DAY);
    expect(fixture.calls.length).toBe(4);
    expect(new Set(fixture.calls.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
    expect(new Set(fixture.calls.map(({ body }) => JSON.stringify(body))).size).toBe(1);
    expect(new Set(fixture.calls.map(({ headers }) => headers['webhook-timestamp'])).size).toBe(4);
  });

  test('gets any text as it is, and each attempt is signed anew with the secrets of its time', async () => {
    const secrets = [createSecretKey(Buffer.alloc(32, 1))];
    fixture = memoryBackend({ config: { signingSecrets: secrets } });
    const displayName = 'Käufer 🎉 \u2028 \u0000 "\\';
    const vip = (...evaluations: Parameters<typeof segment>[1][]) => ({
      ...segment('vip', ...evaluations),
      displayName,
    });
    fixture.data.segments = [vip(evaluated(90, 1))];
    await subscribe('one');
    fixture.answers.set(URL_ONE, () => answered(503));
    fixture.data.segments = [vip(evaluated(120, 2))];
    await fixture.poll();
    const calledAtMs = [fixture.clock.now()];
    secrets.splice(0, 1, createSecretKey(Buffer.alloc(32, 2)));
    await pass(5_000);
    calledAtMs.push(fixture.clock.now());
    const [first, second] = fixture.calls;
    expect(first?.body['displayName']).toBe(displayName);
    expect(second?.body).toEqual(first?.body);
    expect(fixture.calls).toHaveLength(2);
    for (const [index, { body, headers }] of fixture.calls.entries()) {
      // The published verifier reads the wall clock.
      jest.useFakeTimers({ now: calledAtMs[index] ?? 0 });
      const verifier = new Webhook(Buffer.alloc(32, index + 1).toString('base64'));
      expect(verifier.verify(JSON.stringify(body), { ...headers })).toEqual(body);
      expect(headers['webhook-timestamp']).toBe(String(Math.floor((calledAtMs[index] ?? 0) / 1000)));
      jest.useRealTimers();
    }
  });

  test('is given up when the schedule is used up', async () => {
    const { id } = await subscribe('one');
    fixture.answers.set(URL_ONE, () => answered(503));
    await rise();
    await pass(HOUR);
    await pass(10 * DAY);
    expect(fixture.calls.length).toBe(4);
    expect(fixture.queues.waiting('retries')).toEqual([]);
    expect(await statusOf(id)).toBe('active');
  });

  test('for five days with two dead deliveries is disabled: new deliveries wait, and go out when it subscribes again', async () => {
    const { id } = await subscribe('one');
    fixture.answers.set(URL_ONE, () => answered(500));
    await rise();
    for (let wait = 0; wait < 5; wait++) await pass(DAY);
    await rise();
    await pass(HOUR);
    expect(await statusOf(id)).toBe('disabled');
    const before = fixture.calls.length;
    await rise();
    await pass(DAY);
    expect(fixture.calls.length).toBe(before);
    fixture.answers.delete(URL_ONE);
    expect((await subscribe('one')).id).toBe(id);
    await fixture.drain();
    await pass(MINUTE);
    expect(fixture.calls.length).toBe(before + 1);
    expect(await statusOf(id)).toBe('active');
  });

  test('is called again when it asks for it, whatever a frozen worker whose claim was taken over brings late', async () => {
    await subscribe('one');
    fixture.answers.set(URL_ONE, () => answered(500));
    await rise();
    const answers: ((answer: CallbackResponse) => void)[] = [];
    fixture.answers.set(URL_ONE, () => new Promise((resolve) => answers.push(resolve)));
    const work = (): Promise<void> => {
      const message = fixture.queues.receive('retries', fixture.clock.now())?.message;
      return fixture.backend.handleRetriesMessage(message as RetriesMessage);
    };
    await fixture.clock.advance(6_000);
    const frozen = work();
    await flushPromises();
    // The functions host shows a message again after ten minutes.
    await fixture.clock.advance(11 * MINUTE);
    const taken = work();
    await flushPromises();
    answers[0]?.(answered(500));
    await frozen;
    answers[1]?.({ kind: 'answered', status: 429, durationMs: 5, retryAfterMs: HOUR });
    await taken;
    expect(fixture.calls).toHaveLength(3);
    fixture.answers.delete(URL_ONE);
    await pass(HOUR - MINUTE);
    expect(fixture.calls).toHaveLength(3);
    await pass(10 * MINUTE);
    expect(fixture.calls).toHaveLength(4);
    const { deliveries } = await fixture.backend.operator.listDeliveries({}, { limit: 1 });
    expect(deliveries[0]).toMatchObject({ status: 'delivered' });
  });

  test('holds up nobody else', async () => {
    await subscribe('one');
    await subscribe('two');
    let release: () => void = () => undefined;
    fixture.answers.set(URL_ONE, () => new Promise((resolve) => (release = () => resolve(accepted))));
    fixture.data.segments = [segment('vip', evaluated(120, ++minute))];
    const polling = fixture.poll();
    await fixture.clock.advance(3_000);
    const early = await fixture.tables.query(`activity202611`, { partition: INSTANCE });
    expect(early.rows.find(({ values }) => values['kind'] === 'chunk')?.values).toMatchObject({
      deliveredCount: 1,
      settled: false,
    });
    release();
    await polling;
    const late = await fixture.tables.query(`activity202611`, { partition: INSTANCE });
    expect(late.rows.find(({ values }) => values['kind'] === 'chunk')?.values).toMatchObject({
      deliveredCount: 2,
      settled: true,
    });
  });
});

describe('a flow that is', () => {
  test('deleted ends its subscription with the first answer', async () => {
    const { id } = await subscribe('one');
    fixture.answers.set(URL_ONE, () => answered(404, 'WorkflowNotFound'));
    await rise();
    expect(await statusOf(id)).toBe('gone');
    await rise();
    await pass(10 * DAY);
    expect(fixture.calls.length).toBe(1);
    const again = await subscribe('one');
    expect(again.id).not.toBe(id);
  });

  test('deleted has its delivery written down also when the worker stopped before', async () => {
    const tables = createMemoryTables();
    let isDown = false;
    const write: Tables['write'] = async (table, writes) => {
      if (isDown && table.startsWith('activity')) throw new StorageError('tables', 'switched off by the test');
      return tables.write(table, writes);
    };
    fixture = memoryBackend({ tables: { ...tables, write } });
    fixture.data.segments = [segment('vip', evaluated(90, minute))];
    const { id } = await subscribe('one');
    fixture.answers.set(URL_ONE, () => {
      isDown = true;
      return answered(410);
    });
    await expect(rise()).rejects.toThrow('switched off');
    expect(await statusOf(id)).toBe('active');
    fixture.answers.set(URL_ONE, () => answered(410));
    isDown = false;
    await pass(3 * MINUTE);
    await fixture.poll();
    expect(await statusOf(id)).toBe('gone');
    const { rows } = await tables.query('activity202611', { partition: INSTANCE });
    expect(rows.map(({ values }) => values['status']).filter(Boolean)).toEqual(['ended']);
  });

  test('turned off is paused: one probe, everything else waits, and goes out when it is on again', async () => {
    const { id } = await subscribe('one');
    fixture.answers.set(URL_ONE, () => answered(400, 'WorkflowTriggerIsNotEnabled'));
    await rise();
    expect(await statusOf(id)).toBe('paused');
    await rise();
    await rise();
    expect(fixture.calls.length).toBe(1);
    // The reconciler runs every three minutes.
    await pass(30 * MINUTE + 3 * MINUTE);
    expect(fixture.calls.length).toBe(2);
    await pass(12 * HOUR + 3 * MINUTE);
    expect(fixture.calls.length).toBe(3);
    fixture.answers.delete(URL_ONE);
    await pass(12 * HOUR + 3 * MINUTE);
    await pass(MINUTE);
    expect(await statusOf(id)).toBe('active');
    const delivered = fixture.calls.slice(3).map(({ body }) => body['eventId']);
    expect(delivered).toHaveLength(3);
    expect(new Set(delivered).size).toBe(3);
  });

  test('turned off is recorded once, however many deliveries find out at the same time', async () => {
    const changes: unknown[] = [];
    const note = (event: string, fields?: LogFields): void => {
      if (event === 'subscription.status-changed') changes.push(fields);
    };
    fixture = memoryBackend({ log: { info: note, warn: note, error: note } });
    fixture.data.segments = [segment('vip', evaluated(90, 1))];
    const { id } = await subscribe('one');
    fixture.answers.set(URL_ONE, () => answered(400, 'WorkflowTriggerIsNotEnabled'));
    const crossings = Array.from({ length: 12 }, (_, index) => [
      evaluated(120, 2 + 2 * index),
      evaluated(90, 3 + 2 * index),
    ]);
    fixture.data.segments = [segment('vip', evaluated(90, 1), ...crossings.flat())];
    await fixture.poll();
    expect(fixture.calls.length).toBeGreaterThan(1);
    expect(changes).toEqual([expect.objectContaining({ subscriptionId: id, from: 'active', to: 'paused' })]);
  });

  test('turned off for a week is given up', async () => {
    const { id } = await subscribe('one');
    fixture.answers.set(URL_ONE, () => answered(400, 'WorkflowTriggerIsNotEnabled'));
    await rise();
    await rise();
    for (let wait = 0; wait < 16; wait++) await pass(12 * HOUR);
    expect(await statusOf(id)).toBe('gone');
    expect(fixture.queues.waiting('retries')).toEqual([]);
  });

  test('in the middle of a save is tried once more after a quarter of an hour, and given up when that lasts', async () => {
    const { id } = await subscribe('one');
    fixture.answers.set(URL_ONE, () => answered(404, 'WorkflowTriggerVersionNotFound'));
    await rise();
    await pass(14 * MINUTE);
    expect(fixture.calls.length).toBe(1);
    await pass(MINUTE);
    expect(fixture.calls.length).toBe(2);
    expect(await statusOf(id)).toBe('active');
    await pass(HOUR);
    // One more for each delay of the schedule.
    expect(fixture.calls.length).toBe(5);
    expect(await statusOf(id)).toBe('gone');
    await pass(10 * DAY);
    expect(fixture.calls.length).toBe(5);
  });

  test.each([404, 401, 403])('answering %i for a moment is called again, and loses nothing', async (status) => {
    const { id } = await subscribe('one');
    let times = 3;
    fixture.answers.set(URL_ONE, () => (times-- > 0 ? answered(status) : answered(202)));
    await rise();
    await pass(HOUR);
    expect(await statusOf(id)).toBe('active');
    expect(fixture.calls.length).toBe(4);
  });

  test.each([404, 401, 403])('answering %i through the whole schedule ends its subscription', async (status) => {
    const { id } = await subscribe('one');
    fixture.answers.set(URL_ONE, () => answered(status));
    await rise();
    await pass(HOUR);
    expect(await statusOf(id)).toBe('gone');
    expect(fixture.calls.length).toBe(4);
  });

  test.each([404, 401, 403])(
    'answering %i to one delivery alone, while another is delivered, keeps its subscription',
    async (status) => {
      const { id } = await subscribe('one');
      const refused = new Set<unknown>();
      fixture.answers.set(URL_ONE, () => {
        const eventId = fixture.calls.at(-1)?.body['eventId'];
        if (refused.size === 0) refused.add(eventId);
        return refused.has(eventId) ? answered(status) : answered(202);
      });
      await rise();
      await pass(30_000);
      await rise();
      await pass(HOUR);
      expect(fixture.calls.length).toBe(5);
      expect(await statusOf(id)).toBe('active');
      const { deliveries } = await fixture.backend.operator.listDeliveries({ subscriptionId: id }, { limit: 10 });
      expect(deliveries.map((delivery) => delivery.status)).toEqual(['delivered', 'dead']);
    },
  );

  test.each([404, 401, 403])('answering %i once, after failing otherwise, keeps its subscription', async (status) => {
    const { id } = await subscribe('one');
    let times = 3;
    fixture.answers.set(URL_ONE, () => (times-- > 0 ? answered(500) : answered(status)));
    await rise();
    await pass(HOUR);
    expect(fixture.calls.length).toBe(4);
    expect(await statusOf(id)).toBe('active');
  });

  test('answering a single 404 keeps its subscription when nothing is to be tried again', async () => {
    fixture = memoryBackend({ config: { deliveryScheduleSeconds: [] } });
    fixture.data.segments = [segment('vip', evaluated(90, minute))];
    const { id } = await subscribe('one');
    fixture.answers.set(URL_ONE, () => answered(404));
    await rise();
    expect(fixture.calls.length).toBe(1);
    expect(await statusOf(id)).toBe('active');
  });
});
