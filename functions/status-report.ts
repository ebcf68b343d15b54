import { reportTypes, statusRows, type ReportType } from '../shared/insights/status-report.ts';
import { statusTable } from '../shared/insights/status-table.ts';
import { emptyChoiceSentence } from '../shared/card-sentence.ts';
import { joinedWithOr } from '../shared/joined-words.ts';
import { refusal } from '../shared/problem.ts';
import { registerInstanceRoute, type DataDeps, type InstanceHandle } from './instance-route.ts';
import { readParameter } from './query.ts';
import type { Registrar } from './registrar.ts';

const titles: Readonly<Record<ReportType, string>> = {
  dataSources: 'Data sources',
  segments: 'Segments',
  measures: 'Measures',
  system: 'System processes',
};

/** Describes the valid report types, for the error text when `text` is not one of them. */
function expectedReportType(text: string) {
  const meant = reportTypes.find((name) => [name, titles[name]].some((known) => isSameText(known, text)));
  return {
    form: `chosen from the list, or one of the custom values ${joinedWithOr(reportTypes)}, with exactly these capitals`,
    advice: meant === undefined ? '' : `Did you mean ${meant}?`,
  };
}

function isSameText(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

/**
 * Registers the status report: the latest state of each data source, segment, measure or system
 * process of an instance, as JSON and as an HTML table that a flow can send by e-mail.
 */
export function registerStatusReport(app: Registrar, deps: DataDeps): void {
  registerInstanceRoute(app, deps, {
    name: 'GetStatusReport',
    method: 'GET',
    route: 'status-report',
    query: ['reportType'],
    handle: report(deps),
  });
}

function report({ backend, clock }: DataDeps): InstanceHandle {
  return async ({ request, instanceId }) => {
    const expected = expectedReportType(request.query.get('reportType')?.trim() ?? '');
    const type = readParameter(request.query, 'reportType', expected, (text) =>
      reportTypes.find((name) => name === text),
    );
    if (type.kind === 'refused') return type;
    if (type.value === undefined)
      return refusal('query-invalid', emptyChoiceSentence('reportType'), { parameter: 'reportType' });
    const value = await statusRows(backend.insights, instanceId, type.value);
    const generatedAt = new Date(clock.now()).toISOString();
    const html = statusTable(`${titles[type.value]}, ${generatedAt}`, value);
    return { jsonBody: { instanceId, reportType: type.value, generatedAt, value, html } };
  };
}
