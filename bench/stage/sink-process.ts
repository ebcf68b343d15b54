import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { eventIdOf, type Arrival, type CapturedRequest, type SinkOrder, type SinkReport } from './sink.ts';

/** The receiver of callbacks as a process of its own: it takes nothing from the processor time of those it is called by. */

/** A request to a path that begins like this is never answered. */
const BLACK_HOLE = '/black-hole/';
/** The first request for a delivery to such a path is answered 503. */
const REFUSE_ONCE = '/refuse-once/';

let arrivals: Arrival[] = [];
let captured: CapturedRequest[] | undefined;
let distinct = new Set<string>();
/** Events that had arrivals in earlier rounds. */
const earlier = new Set<string>();
let refused = new Set<string>();
let expected = Infinity;
let answerDelayMs = 0;

const report = (message: SinkReport): void => void process.send?.(message);

const server = createServer((request, response) => {
  const atMs = performance.timeOrigin + performance.now();
  const id = String(request.headers['webhook-id']);
  const isBlackHole = request.url?.startsWith(BLACK_HOLE) === true;
  const isRefused = request.url?.startsWith(REFUSE_ONCE) === true && !refused.has(id);
  const isLate = earlier.has(eventIdOf(id));
  arrivals.push({ id, atMs, isBlackHole, isRefused, isLate });
  if (isRefused) refused.add(id);
  else if (!isBlackHole && !isLate) distinct.add(id);
  if (captured && !isLate) capture(captured, request);
  else request.resume();
  if (isBlackHole) return;
  const answer = (): void => {
    if (isRefused) response.writeHead(503).end();
    else response.writeHead(202, { 'x-ms-workflow-run-id': '08585000000000000000' }).end();
  };
  if (answerDelayMs > 0) setTimeout(answer, answerDelayMs);
  else answer();
  if (distinct.size === expected) {
    expected = Infinity;
    report({ kind: 'complete' });
  }
});
server.keepAliveTimeout = 120_000;

function capture(into: CapturedRequest[], request: IncomingMessage): void {
  let body = '';
  request.setEncoding('utf8').on('data', (part: string) => (body += part));
  request.on('end', () => {
    const { host, connection, 'content-length': length, ...headers } = request.headers;
    into.push({ path: request.url ?? '', headers: headers as Record<string, string>, body });
  });
}

process.on('message', (order: SinkOrder) => {
  switch (order.kind) {
    case 'begin':
      for (const { id } of arrivals) earlier.add(eventIdOf(id));
      arrivals = [];
      distinct = new Set();
      refused = new Set();
      ({ expected, answerDelayMs } = order);
      captured = order.capture ? [] : undefined;
      report({ kind: 'begun' });
      break;
    case 'tell':
      report({ kind: 'told', arrivals, captured: captured ?? [] });
      break;
  }
});
process.on('disconnect', () => process.exit());

await once(server.listen(0, '127.0.0.1', 4096), 'listening');
report({ kind: 'listening', port: (server.address() as AddressInfo).port });
