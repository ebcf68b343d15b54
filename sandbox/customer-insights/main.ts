import { parseArgs } from 'node:util';
import { startCustomerInsightsSandbox } from './customer-insights-sandbox.ts';
import { contosoInstanceId, contosoSandboxInstanceId } from './seed/seeded-instances.ts';

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '7072' },
    host: { type: 'string', default: '127.0.0.1' },
    key: { type: 'string' },
  },
});
const sandbox = await startCustomerInsightsSandbox({
  port: Number(values.port),
  host: values.host,
  ...(values.key !== undefined && { requiredKey: values.key }),
}).catch((error: unknown) => {
  if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
  console.error(`Port ${values.port} is in use. Choose another with --port.`);
  return process.exit(1);
});
console.log(`Customer Insights sandbox: ${sandbox.url}`);
console.log(`control API: ${sandbox.controlUrl}`);
console.log(`instances: Contoso ${contosoInstanceId}, Contoso Sandbox ${contosoSandboxInstanceId}`);

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void sandbox.stop());
