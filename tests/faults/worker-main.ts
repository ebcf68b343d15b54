import { openWorker, type QueueName, type WorkerOptions } from './worker.ts';

/** What the test asks of a worker in a process of its own. */
export type Order =
  | { readonly what: 'schedulePolls' | 'reconcile' }
  | { readonly what: 'handle'; readonly queue: QueueName; readonly message: object }
  | { readonly what: 'advance'; readonly ms: number };
export type NumberedOrder = Order & { readonly number: number };
export interface Reply {
  readonly number: number;
  readonly error?: string;
}

const worker = openWorker(JSON.parse(process.argv[2] ?? '{}') as WorkerOptions);

process.on('message', (order: NumberedOrder) => {
  obey(order).then(
    () => reply({ number: order.number }),
    (error: unknown) => reply({ number: order.number, error: String(error) }),
  );
});
process.on('disconnect', () => process.exit());

function obey(order: Order): Promise<void> {
  switch (order.what) {
    case 'handle':
      return worker.handle(order.queue, order.message);
    case 'advance':
      return worker.advance(order.ms);
    case 'schedulePolls':
      return worker.schedulePolls();
    case 'reconcile':
      return worker.reconcile();
  }
}

function reply(answer: Reply): void {
  process.send?.(answer);
}
