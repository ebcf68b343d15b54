import { describe, expect, test } from '@jest/globals';
import { nearestNames, nearestSentence } from '../../shared/nearest-names.ts';
import { evaluated, measure, segment } from '../helpers/insights-data.ts';
import { callbackUrl, INSTANCE, memoryBackend } from '../helpers/memory-backend.ts';

const choices = [
  { name: 'HighValueCustomers', displayName: 'High value customers' },
  { name: 'ChurnRisk', displayName: 'Churn risk' },
  { name: 'seg_0815', displayName: 'Loyal customers' },
  { name: 'VIP', displayName: 'VIP' },
];
const nearest = (wanted: string): string[] => nearestNames(wanted, choices).map(({ name }) => name);

describe('the nearest names', () => {
  test.each<[string, string[]]>([
    ['churnrisk', ['ChurnRisk']],
    ['Churn-Risk', ['ChurnRisk']],
    ['ChrunRisk', ['ChurnRisk']],
    ['High Value Customer', ['HighValueCustomers']],
    ['loyal customers', ['seg_0815', 'HighValueCustomers']],
    ['value', ['HighValueCustomers']],
    ['vip', ['VIP']],
    ['Nowhere', []],
    ['', []],
    ['x'.repeat(10_000), []],
  ])('of %j', (wanted, names) => {
    expect(nearest(wanted)).toEqual(names);
  });

  test('are three at most, the best first', () => {
    const many = ['Sales4', 'Sales22', 'Sales', 'Sales1', 'Sales333'].map((name) => ({ name, displayName: name }));
    expect(nearestNames('sales', many).map(({ name }) => name)).toEqual(['Sales', 'Sales1', 'Sales4']);
  });

  test('make a sentence, or none', () => {
    expect(nearestSentence(nearestNames('vip', choices))).toBe(' Did you mean VIP?');
    expect(nearestSentence([])).toBe('');
  });
});

test.each<[string, object, RegExp]>([
  [
    'segment-threshold-crossed',
    { segmentName: 'High Value', threshold: 1 },
    /Did you mean hv \(in the list: High value\)\?/,
  ],
  [
    'measure-threshold-crossed',
    { measureName: 'total-revenue', threshold: 1 },
    /Did you mean Revenue \(in the list: Total revenue\)\?/,
  ],
  ['data-source-refresh-failed', { dataSourceId: 'online store' }, /Did you mean ds-1 \(in the list: Online store\)\?/],
  [
    'segment-threshold-crossed',
    { segmentName: 'Total revenue', threshold: 1 },
    /^Revenue is a measure, not a segment\. .+ or use the trigger When a measure crosses above a threshold\.$/,
  ],
  [
    'measure-threshold-crossed',
    { measureName: 'HV', threshold: 1 },
    /^hv is a segment, not a measure\. .+ or use the trigger When a segment crosses above a threshold\.$/,
  ],
])('a subscribe to an unknown subject (%s, %j) is answered with them', async (trigger, input, detail) => {
  const fixture = memoryBackend();
  fixture.data.segments = [{ ...segment('hv', evaluated(90, 1)), displayName: 'High value' }];
  fixture.data.measures = [{ ...measure('Revenue'), displayName: 'Total revenue' }];
  fixture.data.dataSources = [{ dataSourceId: 'ds-1', displayName: 'Online store' }] as typeof fixture.data.dataSources;
  const subscriber = { connection: 'c', workflowId: undefined, operationName: undefined, environmentId: undefined };
  const body = { instanceId: INSTANCE, callbackUrl: callbackUrl('one'), ...input };
  const answer = await fixture.backend.subscribe(subscriber, trigger as 'segment-threshold-crossed', body);
  expect(answer).toMatchObject({ kind: 'refused', detail: expect.stringMatching(detail) });
});
