import { expect, test } from '@jest/globals';
import { dataSourceTitle, instanceTitle, measureTitle, segmentTitle } from '../../shared/insights/choice-title.ts';
import type { DataSource } from '../../shared/insights/customer-insights.ts';
import { evaluated, measure, output, segment } from '../helpers/insights-data.ts';

test.each([
  ['The vip (1,600)', segment('vip', evaluated(1600, 1))],
  ['The vip (0)', segment('vip', evaluated(0, 1))],
  ['The vip (inactive)', { ...segment('vip', evaluated(160, 1)), state: 'inactive' }],
  ['The vip (last evaluation failed)', segment('vip', evaluated(0, 1, 'completedfailure'))],
  ['The vip (not evaluated yet)', segment('vip')],
])('a segment: %s', (title, of) => {
  expect(segmentTitle(of)).toBe(title);
});

test.each([
  ['The sum (1,250,340.75)', measure('sum', output(1250340.75, 1))],
  ['The sum (no number: a date)', measure('sum', { ...output(undefined, 1), nonNumber: 'a date' as const })],
  ['The sum (not evaluated yet)', measure('sum')],
])('a measure: %s', (title, of) => {
  expect(measureTitle(of)).toBe(title);
});

test('an instance and a data source show what is unusual', () => {
  expect(instanceTitle({ instanceId: 'i', name: 'Contoso', instanceType: 'production' })).toBe('Contoso');
  expect(instanceTitle({ instanceId: 'i', name: 'Contoso', instanceType: 'sandbox' })).toBe('Contoso (sandbox)');
  const source = { displayName: 'CRM', active: true } as DataSource;
  expect(dataSourceTitle(source)).toBe('CRM');
  expect(dataSourceTitle({ ...source, active: false })).toBe('CRM (inactive)');
});
