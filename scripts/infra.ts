import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { BICEP_VERSION, findBicep } from './bicep.ts';
import { readCommandLine } from './command-line.ts';
import { madeFrom, snapshotSources, writeSnapshots } from './infra-snapshots.ts';

const root = path.join(import.meta.dirname, '..');
const template = 'infra/main.bicep';
const compiled = 'infra/main.json';
const parameters = 'infra/main.bicepparam';
/** Parameters that azd sets. */
const azd = { AZURE_ENV_NAME: 'checked', AZURE_LOCATION: 'westeurope' };

const usage = `npm run infra -- [--check]

Lints ${template} and compiles it to ${compiled}, and writes the resolved resources for each combination of sign-in,
network and zones (infra/snapshots). Downloads the Bicep CLI ${BICEP_VERSION} when possible.

  --check   only compares; without a Bicep CLI it reports that and passes`;

const run = promisify(execFile);

/**
 * `npm run infra` compiles the template and writes the result. With `--check` it only compares.
 * Both lint the template and the parameters and fail at the first warning. Without a Bicep CLI, a
 * check reports that and passes, because `tests/infra` compares the compiled template with the
 * code.
 */
async function main(check: boolean): Promise<number> {
  const bicep = await findBicep(root);
  if (bicep.kind === 'missing') {
    console.error(`infra: not checked, there is no Bicep CLI ${BICEP_VERSION}: ${bicep.reason}`);
    return check ? 0 : 1;
  }
  const runBicep = async (...args: string[]): Promise<{ warnings: string; output: string }> => {
    const { stdout, stderr } = await run(bicep.path, args, { cwd: root, env: { ...process.env, ...azd } });
    return { output: stdout, warnings: stderr.trim() };
  };
  const lint = await runBicep('lint', template);
  const build = await runBicep('build', template, '--stdout');
  const values = await runBicep('build-params', parameters, '--stdout');
  const lines = [lint, build, values].flatMap(({ warnings }) => warnings.split('\n'));
  const warnings = [...new Set(lines)].filter(Boolean);
  for (const warning of warnings) console.error(warning);
  if (warnings.length > 0) return 1;
  if (check) {
    if ((await readFile(path.join(root, compiled), 'utf8')) === build.output) {
      if ((await madeFrom(root)) !== (await snapshotSources(root))) {
        console.error('infra: infra/snapshots are of another template. Run: npm run infra');
        return 1;
      }
      console.log(`infra: built and linted with Bicep ${BICEP_VERSION}, no warning; ${compiled} is up to date`);
      return 0;
    }
    console.error(`infra: ${compiled} is not up to date with ${template}. Run npm run infra`);
    return 1;
  }
  await runBicep('build', template, '--outfile', compiled);
  await writeSnapshots(root, bicep.path);
  console.log(`infra: ${compiled} and infra/snapshots written`);
  return 0;
}

const { values } = readCommandLine(usage, { check: { type: 'boolean', default: false } });
try {
  process.exitCode = await main(values.check);
} catch (error) {
  // The CLI has written the reason to its standard error.
  console.error((error as { stderr?: string }).stderr ?? error);
  process.exitCode = 1;
}
