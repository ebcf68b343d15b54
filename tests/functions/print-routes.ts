import { loadApp } from '../../sandbox/functions-host/load-app.ts';

/**
 * Loads the app of a folder, as the host does, and prints its HTTP functions. A process of its own:
 * the app reads the environment.
 */
const [, , appDirectory = ''] = process.argv;
const app = await loadApp({ appDirectory, log: (_level, _source, line) => process.stderr.write(`${line}\n`) });
const routes = app.functions.flatMap(({ metadata: { name, bindings } }) =>
  Object.values(bindings)
    .filter(({ type }) => type === 'httpTrigger')
    .map(({ methods, route, authLevel }) => ({ name, methods, route, authLevel })),
);
process.stdout.write(JSON.stringify(routes), () => process.exit(0));
