import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { inRotation } from './helpers/test-size.ts';

interface Ended {
  readonly code: unknown;
  readonly stdout: string;
  readonly stderr: string;
}

const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: Readonly<Record<string, string>> };
/** `format` is a program of a package, with a usage of its own. */
const names = Object.keys(scripts).filter((name) => name !== 'format');

/** Where nothing is: whatever a program writes here is seen. */
const folder = mkdtempSync(path.join(tmpdir(), 'usage-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Runs what a script of package.json names, with one more argument. */
function run(script: string, argument: string): Promise<Ended> {
  const [node, program = '', ...others] = script.split(' ');
  expect(node).toBe('node');
  return new Promise((resolve) => {
    const args = [path.resolve(program), ...others, argument];
    // A build would need the bundler, which is given a program that does not exist.
    const env = { ...process.env, ESBUILD_BINARY_PATH: path.join(folder, 'nothing') };
    execFile(process.execPath, args, { cwd: folder, env }, (error, stdout, stderr) =>
      resolve({ code: error?.code ?? 0, stdout, stderr }),
    );
  });
}

describe('--help', () => {
  test.each(inRotation(names, 5))('of npm run %s prints its usage, and builds and runs nothing', async (name) => {
    const { code, stdout, stderr } = await run(scripts[name] ?? '', '--help');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout.split('\n').length).toBeGreaterThanOrEqual(3);
    // Its options, and those of nothing else.
    expect(stdout).not.toMatch(/passed|✓|listening/);
    expect(readdirSync(folder)).toEqual([]);
  });
});

test('an option that does not exist is refused, with the usage', async () => {
  const { code, stdout, stderr } = await run('node scripts/infra.ts', '--chek');
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toMatch(/^Unknown option '--chek'[^]*npm run infra -- \[--check\]/);
});
