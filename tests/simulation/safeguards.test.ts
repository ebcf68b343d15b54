import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { inRotation } from '../helpers/test-size.ts';
import { safeguards } from './safeguards.ts';
import { buildVariant, SMALL_CHUNKS } from './variant.ts';

const tried = inRotation(safeguards, 2);

/**
 * A change of the sources may change the run of a seed. Then one of so many seeds must have the
 * violation.
 */
const SEARCHED = '1500';

/** The output of a built simulation for the first seed whose violation matches. */
function search(bundle: string, plan: string, provokes: RegExp): Promise<string> {
  return new Promise((resolve) => {
    const options = { maxBuffer: 100 * 1024 * 1024 };
    const args = [bundle, '--seeds', SEARCHED, '--plan', plan, '--until', provokes.source];
    execFile(process.execPath, args, options, (_, stdout) => resolve(stdout));
  });
}

/** The violation in the last line that names a seed. */
function violationIn(output: string): string {
  return [...output.matchAll(/^seed \d+: (.*)$/gm)].at(-1)?.[1] ?? '';
}

/** The last line that a built simulation prints for one seed: whether it has a violation. */
function verdict(bundle: string, seed: number, plan: string): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [bundle, '--seed', String(seed), '--plan', plan, '--quiet'], (error, stdout, stderr) => {
      // A violation exits with 1. Output without a line about the seed means that the build is
      // broken.
      if (!stdout.startsWith(`seed ${seed}: `)) reject(new Error(stderr, { cause: error }));
      resolve(stdout);
    });
  });
}

/**
 * Checks all edits, also those that are not in today's rotation: reading the sources is quick,
 * while a build takes seconds.
 */
test('each edit matches the sources exactly once', () => {
  const edits = [...SMALL_CHUNKS, ...safeguards.flatMap(({ without }) => without)];
  expect(edits.filter(({ file, find }) => readFileSync(file, 'utf8').split(find).length !== 2)).toEqual([]);
});

describe('each safeguard is needed: without it, a seed has the violation that it prevents', () => {
  test.each(tried)('$name', async ({ without, provokes, seed, smallChunks = false, plan = {} }) => {
    const bundle = await buildVariant([...without, ...(smallChunks ? SMALL_CHUNKS : [])]);
    if (provokes.test(violationIn(await verdict(bundle, seed, JSON.stringify(plan))))) return;
    expect(violationIn(await search(bundle, JSON.stringify(plan), provokes))).toMatch(provokes);
  });
});

describe('with all safeguards in place', () => {
  const bundles = new Map<boolean, Promise<string>>();
  const bundleOf = (smallChunks: boolean): Promise<string> => {
    const bundle = bundles.get(smallChunks) ?? buildVariant(smallChunks ? SMALL_CHUNKS : []);
    bundles.set(smallChunks, bundle);
    return bundle;
  };

  test.each(tried)('seed $seed holds ($name)', async ({ seed, smallChunks = false, plan = {} }) => {
    expect(await verdict(await bundleOf(smallChunks), seed, JSON.stringify(plan))).toContain('all holds');
  });
});
