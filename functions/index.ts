import { app } from '@azure/functions';
import { createBackend } from '../shared/backend.ts';
import { readConfig } from '../shared/config.ts';
import { nearestEntities } from '../shared/insights/nearest-entities.ts';
import { failureLimit } from '../shared/rate-limit/failure-limit.ts';
import { systemClock } from '../shared/clock.ts';
import { brokenBounds } from '../shared/deliveries/lifetimes.ts';
import { DELIVERIES_QUEUE, POLLS_QUEUE, RETRIES_QUEUE } from '../shared/deliveries/messages.ts';
import { azurePorts } from './azure-ports.ts';
import { consoleLog } from './console-log.ts';
import { registerConnectorDefinition } from './connector-definition.ts';
import { registerEntities } from './entities.ts';
import { registerEvents } from './events.ts';
import { registerBrokenHealth, registerHealth } from './health.ts';
import { registerItems } from './items.ts';
import { registerDashboard } from './dashboard.ts';
import { registerManageAudit } from './manage-audit.ts';
import { registerManageDeliveries } from './manage-deliveries.ts';
import { registerManageEvents } from './manage-events.ts';
import { registerManageInstances } from './manage-instances.ts';
import { registerManageQueues } from './manage-queues.ts';
import { registerManageRecoveries } from './manage-recoveries.ts';
import { registerManageSubscriptions } from './manage-subscriptions.ts';
import { registerOpenApi } from './openapi.ts';
import { registerPartitions } from './partitions.ts';
import { registerPickLists } from './pick-lists.ts';
import { registerPreviews } from './preview.ts';
import { stopSignal } from './stop-signal.ts';
import { registerStatusReport } from './status-report.ts';
import { registerSubscriptions } from './subscriptions.ts';
import { startTelemetry } from './telemetry.ts';
import { registerTestEvents } from './test-events.ts';
import { registerWorkers } from './workers.ts';

// Entry point of the app. This is the only module with side effects on import: it reads the
// settings and registers every function.
const settings = readConfig(process.env);
if (settings.kind === 'invalid') {
  for (const { setting, message } of settings.faults) consoleLog.error('setting.invalid', { setting, reason: message });
  registerBrokenHealth(app, settings.faults);
} else {
  const { config } = settings;
  // `brokenBounds` checks limits that depend on several settings, such as CLAIM_SECONDS and
  // DELIVERY_TIMEOUT_MS. In the release that introduces such a limit, a setting that violates it
  // only causes a warning, so that an upgrade cannot stop the app.
  const warnings = [...settings.warnings, ...brokenBounds(config)];
  for (const { setting, message } of warnings) consoleLog.warn('setting.warned', { setting, reason: message });
  const telemetry = await startTelemetry(app.hook, config, { clock: systemClock, log: consoleLog });
  const ports = { ...azurePorts(config, telemetry), stopping: stopSignal(app.hook) };
  const backend = createBackend(ports, config);
  const deps = {
    ...ports,
    backend,
    config,
    limiter: backend.limiter,
    wrongKeys: failureLimit(ports.clock),
    // Suggests similar names when a caller names an entity that does not exist.
    data: nearestEntities(ports.data(backend.callPermits)),
  };
  registerSubscriptions(app, deps);
  registerPreviews(app, deps);
  registerPickLists(app, deps);
  registerEntities(app, deps);
  registerItems(app, deps);
  registerPartitions(app, deps);
  registerStatusReport(app, deps);
  registerEvents(app, deps);
  registerTestEvents(app, deps);
  registerManageSubscriptions(app, deps);
  registerManageEvents(app, deps);
  registerManageDeliveries(app, deps);
  registerManageRecoveries(app, deps);
  registerManageQueues(app, deps);
  registerManageAudit(app, deps);
  registerManageInstances(app, deps);
  registerHealth(app, ports, warnings);
  registerConnectorDefinition(app, deps);
  registerOpenApi(app, deps);
  registerDashboard(app, config);
  registerWorkers(app, backend, config);
  // Not awaited, because creating the queues would delay the first response.
  app.hook.appStart(() => void ports.createQueues([POLLS_QUEUE, DELIVERIES_QUEUE, RETRIES_QUEUE]));
}
