import { spawn } from 'node:child_process';
import path from 'node:path';
import { readCommandLine } from './command-line.ts';

/** The result of a step: clean, or a description of the problem. */
type Finding = { readonly kind: 'clean' } | { readonly kind: 'wrong'; readonly output: string };

interface Step {
  readonly name: string;
  readonly run: () => Promise<Finding>;
}

readCommandLine(
  `npm run check

Types, lint, format, the connector in step with the schemas, import directions, unused code. Exits with 1 when one of them is wrong.`,
  {},
);
const root = path.join(import.meta.dirname, '..');
// Within node_modules, which git and prettier ignore. A typed rule may depend on other files than
// the reported one, so a cached result can be stale. Continuous integration starts without a cache.
const cache = path.join('node_modules', '.cache');
const sources = ['bench', 'connector', 'dashboard', 'functions', 'sandbox', 'scripts', 'shared', 'tests'];

const steps: readonly Step[] = [
  { name: 'types', run: tool('node_modules/typescript/bin/tsc', '--noEmit', '-p', '.') },
  { name: 'types of the dashboard', run: tool('node_modules/typescript/bin/tsc', '--noEmit', '-p', 'dashboard') },
  {
    name: 'lint',
    run: tool(
      'node_modules/eslint/bin/eslint.js',
      '.',
      '--max-warnings=0',
      '--cache',
      `--cache-location=${cache}/eslint/`,
    ),
  },
  { name: 'format', run: tool('node_modules/prettier/bin/prettier.cjs', '.', '--check', '--log-level=warn') },
  { name: 'connector', run: tool('connector/generate.ts', '--check') },
  {
    name: 'import directions',
    run: tool('node_modules/dependency-cruiser/bin/dependency-cruiser.mjs', ...sources, '--output-type=err'),
  },
  { name: 'unused code', run: tool('node_modules/knip/bin/knip.js', '--no-progress') },
];

/**
 * Runs a program of the project or of a package with this Node version. The step is clean when the
 * program exits with 0.
 */
function tool(program: string, ...args: readonly string[]): () => Promise<Finding> {
  return () =>
    new Promise((resolve, reject) => {
      const child = spawn(process.execPath, [path.join(root, program), ...args], { cwd: root });
      let output = '';
      for (const stream of [child.stdout, child.stderr])
        stream.setEncoding('utf8').on('data', (text: string) => (output += text));
      child.stdin.end();
      child.once('error', reject);
      child.once('close', (code) => resolve(code === 0 ? { kind: 'clean' } : { kind: 'wrong', output }));
    });
}

const startedMs = performance.now();
const seconds = (): string => `${((performance.now() - startedMs) / 1000).toFixed(1)} s`;

// The programs run concurrently. Each uses one thread, and lint takes longest.
const findings = await Promise.all(
  steps.map(async ({ name, run }) => {
    const finding = await run();
    console.log(`${finding.kind === 'clean' ? '✓' : '✗'} ${name}`);
    if (finding.kind === 'wrong') console.log(finding.output.trimEnd().replaceAll(/^/gm, '    '));
    return finding;
  }),
);
const failed = findings.filter(({ kind }) => kind === 'wrong').length;
console.log(`check: ${findings.length - failed} passed, ${failed} failed in ${seconds()}`);
process.exitCode = failed === 0 ? 0 : 1;
