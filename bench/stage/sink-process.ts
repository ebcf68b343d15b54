import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { unreachable } from '../../shared/unreachable.ts';
import { eventIdOf, type Arrival, type CapturedRequest, type SinkOrder, type SinkReport } from './sink.ts';

/** Receives callbacks in a separate process, which takes no processor time from the callers. */

/** A request to a path with this prefix never gets a response. */
const BLACK_HOLE = '/black-hole/';
/** The first request for a delivery to a path with this prefix gets a 503. */
const REFUSE_ONCE = '/refuse-once/';
/** Every request to a path with this prefix gets a 503. */
const REFUSE = '/refuse/';

let arrivals: Arrival[] = [];
let captured: CapturedRequest[] | undefined;
let distinct = new Set<string>();
/** Events with arrivals in earlier rounds. */
const earlier = new Set<string>();
let refused = new Set<string>();
let expected = Infinity;
let answerDelayMs = 0;

const report = (message: SinkReport): void => void process.send?.(message);

const server = createServer((request, response) => {
  const atMs = performance.timeOrigin + performance.now();
  const id = String(request.headers['webhook-id']);
  const isBlackHole = request.url?.startsWith(BLACK_HOLE) === true;
  const isRefused =
    request.url?.startsWith(REFUSE) === true || (request.url?.startsWith(REFUSE_ONCE) === true && !refused.has(id));
  const isLate = earlier.has(eventIdOf(id));
  arrivals.push({ id, atMs, isBlackHole, isRefused, isLate });
  if (isRefused) refused.add(id);
  else if (!isBlackHole && !isLate) distinct.add(id);
  if (captured && !isLate) capture(captured, request);
  else request.resume();
  if (isBlackHole) return;
  const respond = (): void => {
    if (isRefused) response.writeHead(503).end();
    else response.writeHead(202, { 'x-ms-workflow-run-id': '08585000000000000000' }).end();
  };
  if (answerDelayMs > 0) setTimeout(respond, answerDelayMs);
  else respond();
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
    case 'report':
      report({ kind: 'arrivals', arrivals, captured: captured ?? [] });
      break;
    default:
      unreachable(order);
  }
});
process.on('disconnect', () => process.exit());

await once(server.listen(0, '127.0.0.1', 4096), 'listening');
report({ kind: 'listening', port: (server.address() as AddressInfo).port });
