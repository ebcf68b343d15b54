import { app } from '@azure/functions';
import type { Timer } from '@azure/functions';

/** Timers that remember their runs, and an HTTP function to read them. */

const runs: { function: string; at: number; timer: Timer }[] = [];

for (const [name, schedule] of Object.entries({ tick: '%EVERY%', yearly: '0 0 0 1 1 *' })) {
  app.timer(name, {
    schedule,
    handler: (timer) => {
      runs.push({ function: name, at: Date.now(), timer });
    },
  });
}
app.timer('nonsense', { schedule: 'every now and then', handler: () => undefined });
app.http('runs', { route: 'runs', methods: ['GET'], handler: () => ({ jsonBody: runs }) });
