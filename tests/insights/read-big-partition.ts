import { systemClock } from '../../shared/clock.ts';
import { unlimitedPermits } from '../../shared/insights/call-permits.ts';
import { restEntityData } from '../../shared/insights/rest-entity-data.ts';
import { silentLog } from '../../shared/log.ts';
import { noTelemetry } from '../../shared/telemetry/telemetry.ts';
import { systemRandom } from '../../shared/random.ts';

// Run as a process: reads three rows of the partition "0" of the entity "Big" and prints them with
// the memory it took.
const [baseUrl = '', skip = '0'] = process.argv.slice(2);
const data = restEntityData({
  baseUrl,
  permits: unlimitedPermits,
  timeoutMs: 10_000,
  clock: systemClock,
  random: systemRandom,
  log: silentLog,
  telemetry: noTelemetry,
});
const page = await data.partitionRows('i', 'Big', '0', { skip: Number(skip), top: 3 });
await data.close();
process.stdout.write(JSON.stringify({ ...page, maxRssBytes: process.resourceUsage().maxRSS * 1024 }));
