import { reportTypes, statusRows, type ReportType } from '../shared/insights/status-report.ts';
import { statusTable } from '../shared/insights/status-table.ts';
import { emptyChoice } from '../shared/card-sentence.ts';
import { joinedWithOr } from '../shared/joined-words.ts';
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

const reportTypeOfList = {
  form: `chosen from the list: ${joinedWithOr(Object.values(titles))}`,
  advice: `A custom value must be ${joinedWithOr(reportTypes)}, exactly so.`,
};

/** Registers the status report: the latest state of each part of an instance, as JSON and as an HTML table that a flow can mail. */
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
    const type = parameter(request.query, 'reportType', reportTypeOfList, (text) =>
      reportTypes.find((name) => name === text),
    );
    if (type.kind === 'refused') return type;
    if (type.value === undefined)
      return refusal('query-invalid', emptyChoice('reportType'), { parameter: 'reportType' });
    const value = await statusRows(backend.insights, instanceId, type.value);
    const generatedAt = new Date(clock.now()).toISOString();
    const html = statusTable(`${titles[type.value]}, ${generatedAt}`, value);
    return { jsonBody: { instanceId, reportType: type.value, generatedAt, value, html } };
  };
}
