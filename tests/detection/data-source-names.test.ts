import { describe, expect, test } from '@jest/globals';
import { dataSourceOf, type DataSourceNames } from '../../shared/detection/data-source-names.ts';
import type { DataSource } from '../../shared/insights/customer-insights.ts';
import { job, task } from '../helpers/insights-data.ts';

const CRM = 'aaaaaaaa-0000-0000-0000-000000000001';
const WEB = 'aaaaaaaa-0000-0000-0000-000000000002';

function source(dataSourceId: string, name: string, displayName: string): DataSource {
  return { dataSourceId, name, displayName, active: true, refreshState: 'updated', lastRefreshAt: undefined };
}

function names(more: Partial<DataSourceNames> = {}): DataSourceNames {
  const dataSources = [source(CRM, 'crm_ingest', 'Customers'), source(WEB, 'web_ingest', 'Web shop')];
  return { dataSources, nodes: [], before: new Map(), ...more };
}

/** The data source of a task in a full refresh, which names it only. */
const named = (friendlyName: string | undefined, more: Partial<DataSourceNames> = {}) =>
  dataSourceOf(task({ friendlyName }), [job({ operationType: 'all' })], names(more));

describe('a task of a full refresh belongs to the data source', () => {
  test.each(['Customers', 'CUSTOMERS', 'crm_ingest', 'CRM_Ingest'])('whose name or display name it has: %s', (name) => {
    expect(named(name)).toEqual({ dataSourceId: CRM, name: 'Customers' });
  });

  test('that had its name before, when none has it now', () => {
    const before = new Map([['old name', WEB]]);
    expect(named('Old Name', { before })).toEqual({ dataSourceId: WEB, name: 'Web shop' });
    expect(named('Customers', { before: new Map([['customers', WEB]]) })).toMatchObject({ dataSourceId: CRM });
  });

  test('and to none when nothing names one, or when two have its name', () => {
    expect(named(undefined)).toBeUndefined();
    expect(named('Another')).toBeUndefined();
    const dataSources = [source(CRM, 'crm', 'Twice'), source(WEB, 'web', 'Twice')];
    expect(named('Twice', { dataSources })).toBeUndefined();
  });
});
