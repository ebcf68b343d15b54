import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { asksForHelp } from './command-line.ts';
import { rotation, type TestSize } from '../tests/helpers/test-size.ts';

const usage = `npm test -- [path …] [jest option …]

Builds the app, then runs all tests, or those whose path contains one of these texts.

  npm test               every kind of test, at small size
  npm run test:all       every test at full size, including browser tests
  npm run test:browser   only browser tests

The browser is Chromium: CHROMIUM_PATH, else /usr/bin/chromium or /usr/bin/google-chrome. Each day tests a part of the long lists.
TEST_ROTATION=N selects the part of another day. Other options go to jest, such as -t 'part of a name' or --json.`;

const root = path.join(import.meta.dirname, '..');
const IN_NODE = '**/*.test.ts';
const IN_BROWSER = '**/*.browser-test.ts';

/** A Chromium for the dashboard tests. */
function chromium(): string | undefined {
  const paths = [process.env['CHROMIUM_PATH'] ?? '', '/usr/bin/chromium', '/usr/bin/google-chrome'];
  return paths.find((file) => file !== '' && existsSync(file));
}

async function main(args: readonly string[]): Promise<number> {
  const own = new Set(['--all', '--browser']);
  const others = args.filter((argument) => !own.has(argument));
  const isAll = args.includes('--all');
  const isBrowserAlone = args.includes('--browser');
  const size: TestSize = isAll || isBrowserAlone ? 'full' : 'small';
  const browser = isAll || isBrowserAlone ? chromium() : undefined;
  if (isBrowserAlone && browser === undefined) {
    console.error('There is no Chromium. Set CHROMIUM_PATH.');
    return 1;
  }
  const matched = [...(isBrowserAlone ? [] : [IN_NODE]), ...(browser === undefined ? [] : [IN_BROWSER])];
  const jest = createRequire(import.meta.url).resolve('jest/bin/jest');
  const child = spawn(process.execPath, [jest, ...others], {
    cwd: root,
    stdio: 'inherit',
    env: {
      ...process.env,
      // For the more than one hundred hosts that tests start, because compiling takes half of their
      // start time.
      NODE_COMPILE_CACHE: path.join(root, 'node_modules', '.cache', 'compiled'),
      TEST_SIZE: size,
      TEST_MATCH: matched.join(' '),
      TEST_ROTATION: String(rotation),
      ...(browser !== undefined && { CHROMIUM_PATH: browser }),
    },
  });
  // The terminal sends SIGINT to both processes. jest reports its progress.
  process.on('SIGINT', () => undefined);
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  const [code] = (await once(child, 'exit')) as [number | null];
  if (isAll && browser === undefined)
    console.log('There is no Chromium, so the dashboard was not tested in a browser.');
  return code ?? 1;
}

const args = process.argv.slice(2);
if (asksForHelp(args)) console.log(usage);
else process.exitCode = await main(args);
