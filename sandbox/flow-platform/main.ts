import { parseArgs } from 'node:util';
import { startFlowPlatform } from './start-flow-platform.ts';

/**
 * Runs only the platform, for a backend that is already running: `node
 * sandbox/flow-platform/main.ts --backend URL [--port N] [--key KEY]`.
 */
const { values } = parseArgs({
  options: {
    backend: { type: 'string', default: 'http://127.0.0.1:7071/api' },
    port: { type: 'string', default: '7080' },
    key: { type: 'string' },
  },
});

const platform = await startFlowPlatform({
  backendUrl: values.backend,
  port: Number(values.port),
  ...(values.key !== undefined && { key: values.key }),
}).catch((error: unknown) => {
  if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
  console.error(`Port ${values.port} is in use. Choose another with --port.`);
  return process.exit(1);
});
console.log(`The flow platform listens on ${platform.url}, its controls are below ${platform.url}/control/flows.`);

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void platform.stop());
