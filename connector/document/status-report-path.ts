import { reportTypes, type ReportType } from '../../shared/insights/status-report.ts';
import { inQuery, instanceInPath } from './parameters.ts';
import { ok, responses } from './responses.ts';
import { instant, list, number, object, text } from './schemas.ts';
import type { PathItem } from './swagger-document.ts';

const titles: Readonly<Record<ReportType, string>> = {
  dataSources: 'Data sources',
  segments: 'Segments',
  measures: 'Measures',
  system: 'System processes',
};

const reportType = inQuery('reportType', 'What the report is about.', {
  required: true,
  enum: reportTypes,
  'x-ms-enum-values': reportTypes.map((value) => ({ value, displayName: titles[value] })),
  'x-ms-visibility': 'important',
});

/**
 * The operation that reports the states of all data sources, segments, measures or processes. A
 * flow can mail the report.
 */
export const statusReportPath: Readonly<Record<string, PathItem>> = {
  '/instances/{instanceId}/status-report': {
    get: {
      operationId: 'GetStatusReport',
      summary: 'Get a status report',
      description: 'This operation gets the latest state of all data sources, segments, measures or processes.',
      parameters: [instanceInPath, reportType],
      responses: responses(
        ok(
          'The report.',
          object('Report', 'The latest state of everything of a kind.', {
            always: {
              instanceId: text('Instance ID', 'The instance that the report is about.'),
              reportType: text('Report Type', 'What the report is about.', { enum: reportTypes }),
              generatedAt: instant('Generated At', 'When the report was made.'),
              value: list(
                'Value',
                'One entry for each.',
                object('State', 'The latest state of one of them.', {
                  always: {
                    id: text('ID', 'Identifies it.'),
                    name: text('Name', 'What a person knows it by.'),
                    status: text('Status', 'How it is, in the words of Customer Insights without case and blanks.'),
                    state: text('State', 'How it is, in words for people, such as Timed out.'),
                  },
                  maybe: {
                    at: instant('At', 'When it came to this.'),
                    value: number('Value', 'The members of a segment, or the value of a measure.'),
                    error: text('Error', 'What went wrong, when Customer Insights says so.'),
                  },
                }),
              ),
              html: text('HTML', 'The same as a table that a mail can show.'),
            },
          }),
        ),
        403,
        404,
      ),
    },
  },
};
