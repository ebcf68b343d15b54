import { createHash, randomBytes } from 'node:crypto';
import { startAzurite } from '../sandbox/azurite.ts';
import { createAzureTables } from '../shared/azure/azure-tables.ts';
import { openStorageClients } from '../shared/azure/storage-clients.ts';
import { callbackCipher } from '../shared/subscriptions/callback-cipher.ts';
import { shown, shownAll, type Benchmark, type Section } from './benchmark.ts';
import { startBareUndici } from './stage/bare-undici.ts';
import { pause } from './stage/bench-stage.ts';
import { startFloor, type SealedCallback } from './stage/floor.ts';
import { processUse } from './stage/process-use.ts';
import { startSink, type CapturedRequest, type Sink } from './stage/sink.ts';
import { median, percentile } from './statistics.ts';

const SIZES = {
  full: { deliveries: 1_000, warmUps: 6, rounds: 7, seconds: 3, latencyRounds: 5 },
  tiny: { deliveries: 20, warmUps: 1, rounds: 1, seconds: 1, latencyRounds: 1 },
};
const EVENTS_PER_SECOND = 20;
const SUBSCRIBERS = 10;
const TABLE = 'floor';

/**
 * Measures what the emulator of storage and one process allow at best, however little the app
 * itself does.
 */
export const floor: Benchmark = {
  about: 'the least time of a delivery: bare requests to storage, and signed POSTs alone',
  async run({ size, note }) {
    const { deliveries, warmUps, rounds, seconds, latencyRounds } = SIZES[size];
    const encryptionKey = { kid: 'floor', key: randomBytes(32) };
    const keys = { encryptionKey, signingSecret: `whsec_${randomBytes(32).toString('base64')}` };
    const sink = await startSink();
    const [process, bare] = [startFloor(), startBareUndici()];
    const azurite = await startAzurite({ blob: 0, queue: 0, table: 0 });
    try {
      const fanOut = { signed: empty(), bare: empty() };
      for (let round = 0; round < warmUps + rounds; round++) {
        const callbacks = sealedCallbacks(sink, deliveries, encryptionKey);
        const signed = await measured(sink, process.pid, callbacks, async () => {
          const [startedMs = NaN] = await process.run({ kind: 'fan-out', callbacks, ...keys });
          return startedMs;
        });
        const other = sealedCallbacks(sink, deliveries, encryptionKey);
        const plain = await measured(sink, bare.pid, other, () => bare.post(sink.origin, other.map(plainRequest)));
        if (round < warmUps) continue;
        fanOut.signed.push(signed);
        fanOut.bare.push(plain);
        note(`round ${round + 1 - warmUps}: ${shown(signed.rate)}/s signed, ${shown(plain.rate)}/s bare`);
      }

      const { connectionString } = azurite;
      await createAzureTables({ clients: openStorageClients({ account: { connectionString } }) }).write(TABLE, [
        { kind: 'insert', row: recipient(0) },
        ...Array.from({ length: SUBSCRIBERS - 1 }, (_, index) => ({
          kind: 'insert' as const,
          row: recipient(index + 1),
        })),
      ]);
      const latencies: number[][] = [];
      let firstEvent = 0;
      for (let round = 0; round <= latencyRounds; round++) {
        // The first round is the warm-up.
        const events = Math.round((round === 0 ? 3 : 1) * seconds * EVENTS_PER_SECOND);
        const callbacks = Array.from({ length: events }, () => sealedCallbacks(sink, SUBSCRIBERS, encryptionKey));
        const arriving = await sink.begin({ expected: events * SUBSCRIBERS });
        const perSecond = EVENTS_PER_SECOND;
        const order = { kind: 'events', connectionString, table: TABLE, perSecond, firstEvent, callbacks } as const;
        const startedMs = await process.run({ ...order, ...keys });
        firstEvent += events;
        const eventOf = new Map(callbacks.flatMap((all, event) => all.map(({ deliveryId }) => [deliveryId, event])));
        const ms = (await arriving.arrivals()).map(({ id, atMs }) => atMs - (startedMs[eventOf.get(id) ?? -1] ?? NaN));
        if (round === 0) continue;
        latencies.push(ms);
        note(`latency, round ${round}: p95 ${shown(percentile(ms, 0.95))} ms`);
      }
      return report(deliveries, fanOut, latencies);
    } finally {
      await Promise.all([process.stop(), bare.stop(), azurite.stop(), sink.stop()]);
    }
  },
};

interface Measured {
  readonly rate: number;
  readonly processorUs: number;
}

function empty(): Measured[] {
  return [];
}

async function measured(
  sink: Sink,
  pid: number,
  callbacks: readonly SealedCallback[],
  send: () => Promise<number>,
): Promise<Measured> {
  const round = await sink.begin({ expected: callbacks.length });
  const { processorMs: beforeMs } = await processUse(pid);
  const startedMs = await send();
  await round.complete;
  const lastMs = (await round.arrivals()).at(-1)?.atMs ?? NaN;
  await pause(100);
  const { processorMs } = await processUse(pid);
  return {
    rate: (callbacks.length / (lastMs - startedMs)) * 1000,
    processorUs: ((processorMs - beforeMs) * 1000) / callbacks.length,
  };
}

/** Callbacks of one event, as long as those of the app. */
function sealedCallbacks(
  sink: Sink,
  count: number,
  key: Parameters<typeof callbackCipher>[0][number],
): SealedCallback[] {
  const cipher = callbackCipher([key]);
  const eventPart = createHash('sha512').update(randomBytes(32)).digest('base64url').slice(0, 57);
  return Array.from({ length: count }, (_, index) => {
    const deliveryId = `dlv_${eventPart}0${String(index).padStart(32, '0')}`;
    const signature = createHash('sha256').update(String(index)).digest('base64url');
    const url = `${sink.origin}/flows/${index}/triggers/manual/paths/invoke?api-version=2016-06-01&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0&sig=${signature}`;
    const context = `context${index}`;
    return {
      sealed: cipher.seal(url, context),
      context,
      deliveryId,
      body: JSON.stringify({ deliveryId, text: 'x'.repeat(450) }),
    };
  });
}

function plainRequest({ deliveryId, body }: SealedCallback, index: number): CapturedRequest {
  const headers = {
    'content-type': 'application/json',
    'user-agent': 'floor',
    'x-ms-client-tracking-id': deliveryId,
    'webhook-id': deliveryId,
    'webhook-timestamp': '1764547200',
    'webhook-signature': `v1,${'x'.repeat(44)}`,
  };
  return { path: `/flows/${index}/triggers/manual/paths/invoke?sig=${'x'.repeat(120)}`, headers, body };
}

/** A row as long as that of a subscription. */
function recipient(index: number) {
  return { partitionKey: 'recipients', rowKey: String(index), text: 'x'.repeat(900) };
}

const TEXT = `What storage and one process allow at best. _Signed_ decrypts each callback URL, signs the body and POSTs it, with the code of the app over undici, and does nothing
else: no storage, no recipients, no check of the URL, no outcome, no log. _Bare undici_ only POSTs.

The latency is that of ${EVENTS_PER_SECOND} events a second with ${SUBSCRIBERS} subscribers each, which is 200 deliveries a second. For each event, requests to storage follow each other as in the app:
a transaction, a query of ten rows, an insert. Then the callbacks are signed and sent, and two more requests follow. The requests are made with undici alone, with
rows and bodies as long as those of the app. So this is the least time over this emulator, whatever the app does.`;

function report(deliveries: number, fanOut: Record<'signed' | 'bare', Measured[]>, latencies: number[][]): Section {
  const all = latencies.flat();
  const p95s = latencies.map((ms) => percentile(ms, 0.95));
  const names = { signed: 'decrypt, sign and POST', bare: 'bare undici' };
  return {
    title: 'The floor',
    text: TEXT,
    targets: [],
    tables: [
      {
        columns: ['deliveries', 'design', 'deliveries/s, median', 'rounds', 'processor time of a delivery, µs'],
        rows: (['signed', 'bare'] as const).map((name) => {
          const rates = fanOut[name].map(({ rate }) => rate);
          const us = median(fanOut[name].map(({ processorUs }) => processorUs));
          return [deliveries.toLocaleString('en-US'), names[name], shown(median(rates)), shownAll(rates), shown(us)];
        }),
      },
      {
        columns: ['load', 'p50, ms', 'p95, ms', 'p99, ms', 'p95 of each round'],
        rows: [['200/s', ...[0.5, 0.95, 0.99].map((share) => shown(percentile(all, share))), shownAll(p95s)]],
      },
    ],
  };
}
