import { execFile } from 'node:child_process';
import { safeguards } from './safeguards.ts';
import { buildVariant, SMALL_CHUNKS } from './variant.ts';

/**
 * Prints, for each safeguard, the first seed that has the violation when the safeguard is removed:
 * `node tests/simulation/find-seeds.ts [seeds] [name]`.
 */
async function main(seeds = '3000', name = ''): Promise<void> {
  for (const safeguard of safeguards.filter((one) => one.name.includes(name))) {
    const bundle = await buildVariant([...safeguard.without, ...(safeguard.smallChunks ? SMALL_CHUNKS : [])]);
    const output = await new Promise<string>((resolve) => {
      const plan = JSON.stringify(safeguard.plan ?? {});
      const args = [bundle, '--seeds', seeds, '--plan', plan, '--until', safeguard.provokes.source];
      execFile(process.execPath, args, { maxBuffer: 1e9 }, (_, stdout) => resolve(stdout));
    });
    const found = /^seed (\d+): (.*)/m.exec(output);
    process.stdout.write(`${found?.[1] ?? 'none'} — ${safeguard.name}: ${found?.[2]?.slice(0, 150) ?? ''}\n`);
  }
}

void main(process.argv[2], process.argv[3]);
