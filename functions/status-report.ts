import { reportTypes, statusRows, type ReportType } from '../shared/insights/status-report.ts';
import { statusTable } from '../shared/insights/status-table.ts';
import { refusal } from '../shared/problem.ts';
import { onInstance, type DataDeps, type InstanceHandle } from './instance-route.ts';
import { parameter } from './query.ts';
import type { Registrar } from './registrar.ts';

const titles: Readonly<Record<ReportType, string>> = {
  dataSources: 'Data sources',
  segments: 'Segments',
  measures: 'Measures',
  system: 'System processes',
};

/** Registers the status report: the latest states in an instance, as JSON and as an HTML table that a flow can mail. */
export function registerStatusReport(app: Registrar, deps: DataDeps): void {
  onInstance(app, deps, {
    name: 'GetStatusReport',
    method: 'GET',
    route: 'status-report',
    query: ['reportType'],
    handle: report(deps),
  });
}

function report({ backend, clock }: DataDeps): InstanceHandle {
  return async ({ request, instanceId }) => {
    const type = parameter(request.query, 'reportType', `one of ${reportTypes.join(', ')}`, (text) =>
      reportTypes.find((name) => name === text),
    );
    if (type.kind === 'refused') return type;
    if (type.value === undefined)
      return refusal(
        'query-invalid',
        `The parameter reportType is required and must be one of ${reportTypes.join(', ')}.`,
      );
    const value = await statusRows(backend.insights, instanceId, type.value);
    const generatedAt = new Date(clock.now()).toISOString();
    const html = statusTable(`${titles[type.value]}, ${generatedAt}`, value);
    return { jsonBody: { instanceId, reportType: type.value, generatedAt, value, html } };
  };
}
