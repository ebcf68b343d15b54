import { describe, expect, test } from '@jest/globals';
import { uniqueName } from '../../helpers/azurite.ts';
import { messageCount, startQueueApp } from './queue-app.ts';
import { sendRequest } from './send-request.ts';
import { eventually, untilLogged } from './start-app.ts';

const base64 = (text: string) => Buffer.from(text).toString('base64');

describe('a message', () => {
  test('whose function succeeds is deleted', async () => {
    const app = await startQueueApp();
    await app.send({ name: 'a' });
    expect(await app.runsWhen(1)).toMatchObject([{ value: { name: 'a' } }]);
    await app.drained();
    expect(await app.runs()).toHaveLength(1);
  });

  test('whose function fails is tried again at once, and moved to the poison queue after the last try', async () => {
    const app = await startQueueApp();
    await app.send({ fail: true });
    expect(await app.poisoned()).toBe(base64('{"fail":true}'));
    const runs = await app.runs();
    expect(runs.map(({ metadata }) => metadata['dequeueCount'])).toEqual([1, 2, 3, 4, 5]);
    expect(new Set(runs.map(({ metadata }) => metadata['id'])).size).toBe(1);
    expect(new Set(runs.map(({ invocationId }) => invocationId)).size).toBe(5);
    await app.drained();
    await untilLogged(app.host, /Message has reached MaxDequeueCount of 5\./);
  });

  test('in the poison queue is a new one that is kept for 7 days', async () => {
    const app = await startQueueApp({ queues: { maxDequeueCount: 1 } });
    await app.send({ fail: true });
    await app.poisoned();
    const [{ metadata } = { metadata: {} }] = await app.runs();
    const { receivedMessageItems } = await app.poison.receiveMessages();
    const [moved] = receivedMessageItems;
    expect(moved?.dequeueCount).toBe(1);
    expect(moved?.messageId).not.toBe((metadata as { id?: string }).id);
    expect(Number(moved?.expiresOn) - Number(moved?.insertedOn)).toBe(7 * 24 * 3600 * 1000);
  });

  test('that failed stays invisible for visibilityTimeout', async () => {
    const app = await startQueueApp({ queues: { visibilityTimeout: '00:05:00' } });
    await app.send({ fail: true });
    await eventually(app.runs, ([run]) => run?.ended === true);
    await eventually(
      async () => (await app.queue.peekMessages()).peekedMessageItems.length,
      (count) => count === 0,
    );
    expect(await messageCount(app.queue)).toBe(1);
    expect(await app.runs()).toHaveLength(1);
  });

  test('of another poison queue that fails is not given back', async () => {
    const app = await startQueueApp({ queueName: `${uniqueName('work')}-poison` });
    await app.send({ fail: true });
    await eventually(app.runs, ([run]) => run?.ended === true);
    await app.host.stop();
    expect(await messageCount(app.queue)).toBe(1);
    expect((await app.queue.peekMessages()).peekedMessageItems).toEqual([]);
  });

  test.each([
    ['hello fixture!', 'plain text'],
    ['{"raw":"json"}', 'JSON'],
  ])('that is not base64 (%s) goes to the poison queue as it is, and reaches no function', async (raw) => {
    const app = await startQueueApp();
    await app.sendRaw(raw);
    expect(await app.poisoned()).toBe(raw);
    expect(await app.runs()).toEqual([]);
    expect(app.host.lines.filter((line) => line.includes('UTF-8'))).toEqual([]);
    await app.drained();
  });

  test('that is base64 of no UTF-8 goes to the poison queue after all tries, and reaches no function', async () => {
    const app = await startQueueApp({ queues: { maxDequeueCount: 2 } });
    await app.sendRaw('abcd');
    expect(await app.poisoned()).toBe('abcd');
    expect(await app.runs()).toEqual([]);
    await untilLogged(app.host, /is not UTF-8[^]*is not UTF-8/);
  });

  test('needs no base64 when the encoding is none', async () => {
    const app = await startQueueApp({ queues: { messageEncoding: 'none' } });
    await app.sendRaw('{"raw":"json"}');
    expect(await app.runsWhen(1)).toMatchObject([{ value: { raw: 'json' } }]);
  });

  test('that is JSON is parsed, and text as it is otherwise', async () => {
    const app = await startQueueApp({ queues: { batchSize: 1, newBatchThreshold: 0 } });
    const texts = ['{"a":[1]}', '  [1,2]', '42', 'true', 'null', '"quoted"', '', '{bad', 'żó'];
    for (const text of texts) await app.sendRaw(base64(text));
    const runs = await app.runsWhen(texts.length);
    expect(runs.map(({ value }) => value)).toEqual([{ a: [1] }, [1, 2], 42, true, null, 'quoted', '', '{bad', 'żó']);
  });

  test('comes with its metadata, which the properties of a JSON object override', async () => {
    const app = await startQueueApp();
    const message = { a: 1, dequeueCount: 'fromBody', nested: { b: true }, list: [1], none: null };
    await app.send(message);
    const [{ metadata } = { metadata: {} }] = await app.runsWhen(1);
    const instant = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00$/);
    expect(metadata).toEqual({
      queueTrigger: message,
      id: expect.any(String),
      popReceipt: expect.any(String),
      insertionTime: instant,
      expirationTime: instant,
      nextVisibleTime: instant,
      dequeueCount: 'fromBody',
      a: 1,
      nested: { b: true },
    });
  });
});

describe('a queue', () => {
  test('is worked in batches, the next one taken when newBatchThreshold messages are in hand or fewer', async () => {
    const messages = Array.from({ length: 10 }, (_, index) => ({ gate: index < 2 ? 'first' : 'later' }));
    const app = await startQueueApp({ messages, queues: { batchSize: 4, newBatchThreshold: 2 } });
    await app.runsWhen(4);
    const visible = async () => (await app.queue.peekMessages({ numberOfMessages: 32 })).peekedMessageItems.length;
    expect(await visible()).toBe(6);
    await app.host.openGate('first');
    await app.runsWhen(8);
    expect(await visible()).toBe(2);
    await app.host.openGate('later');
    await app.drained();
    expect(await app.runs()).toHaveLength(10);
  });

  test('that does not exist is not created, and is worked once it exists', async () => {
    const app = await startQueueApp({ create: false });
    expect(await app.queue.exists()).toBe(false);
    await app.queue.create();
    await app.send({ name: 'late' });
    expect(await app.runsWhen(1)).toMatchObject([{ value: { name: 'late' } }]);
    expect(app.host.lines.filter((line) => line.includes('cannot be read'))).toEqual([]);
  });

  test('hides a message in hand for 10 minutes', async () => {
    const app = await startQueueApp();
    await app.send({ gate: 'never' });
    const [run] = await app.runsWhen(1);
    const { insertionTime, nextVisibleTime } = run?.metadata as { insertionTime: string; nextVisibleTime: string };
    const hiddenMs = Date.parse(nextVisibleTime) - Date.parse(insertionTime);
    expect(hiddenMs).toBeGreaterThanOrEqual(600_000);
    // It lay in the queue for a moment first, on a busy machine for longer.
    expect(hiddenMs).toBeLessThan(900_000);
  });

  test('keeps a message hidden beyond its lease while the function runs', async () => {
    const app = await startQueueApp({ leaseSeconds: 3 });
    await app.send({ gate: 'long' });
    const [run] = await app.runsWhen(1);
    const leaseEnd = Date.parse((run?.metadata as { nextVisibleTime: string }).nextVisibleTime);
    // The second message is sent when the first lease is over: were the first visible again, it
    // would be run before it.
    await eventually(
      () => Promise.resolve(Date.now()),
      (now) => now > leaseEnd + 1000,
    );
    await app.send({ name: 'second' });
    expect(await app.runsWhen(2)).toMatchObject([{ value: { gate: 'long' } }, { value: { name: 'second' } }]);
    await app.host.openGate('long');
    await app.drained();
    expect(await app.runs()).toHaveLength(2);
  });

  test('of a disabled function is left alone, and the function can be run by hand', async () => {
    const app = await startQueueApp({ environment: { 'AzureWebJobs.work.Disabled': '1' } });
    await app.send({ name: 'left' });
    const body = '{"input":"by hand"}';
    const headers = { 'content-type': 'application/json', 'content-length': body.length };
    expect(await sendRequest(app.host.url, '/admin/functions/work', { method: 'POST', headers, body })).toMatchObject({
      status: 202,
    });
    expect(await app.runsWhen(1)).toMatchObject([{ value: 'by hand' }]);
    expect(await messageCount(app.queue)).toBe(1);
  });
});
