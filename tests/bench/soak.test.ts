import { expect, test } from '@jest/globals';
import { soak } from '../../bench/soak.ts';
import { benchTest } from './bench-test.ts';

/** Memory and handles are read from /proc. */
const onLinux = process.platform === 'linux' ? benchTest('soak') : test.skip;

onLinux(
  'the soak watches the host, and every delivery arrives once, also those that are refused at first',
  async () => {
    const { targets, tables, lines } = await soak.run({ size: 'tiny', note: () => undefined });
    const [deliveries, arrived, refused] = tables[0]?.rows[0] ?? [];
    // Twelve events, in turn to 300 and to 10 subscribers, one of whom refuses.
    expect([deliveries, arrived, refused]).toEqual(['1,860', '1,860', '12']);
    expect(targets.slice(-2)).toMatchObject([
      { what: 'deliveries lost', met: true },
      { what: 'deliveries doubled', met: true },
    ]);
    const [memory, handles, due] = lines?.panels ?? [];
    const ofProcess = [memory, handles].flatMap((panel) => panel?.lines ?? []);
    expect(ofProcess.map(({ name }) => name)).toEqual(['resident', 'heap in use', 'handles']);
    for (const { value } of ofProcess.flatMap(({ points }) => points)) expect(value).toBeGreaterThan(5);
    expect(due?.lines.map(({ name }) => name)).toEqual(['polls', 'deliveries', 'retries']);
  },
);
