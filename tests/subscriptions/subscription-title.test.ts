import { expect, test } from '@jest/globals';
import { subscriptionTitle } from '../../shared/subscriptions/subscription-title.ts';
import { subjectStartedBy } from '../../shared/triggers/started-by.ts';
import { ANY_SUBJECT } from '../../shared/triggers/any-subject.ts';

type Titled = Parameters<typeof subscriptionTitle>[0];

const titled = (more: Partial<Titled>): string =>
  subscriptionTitle({
    trigger: 'segment-threshold-crossed',
    subject: 'ChurnRisk',
    subjectName: 'Churn risk',
    threshold: 1500.5,
    label: undefined,
    workflowId: undefined,
    status: 'active',
    createdAt: '2026-11-23T10:05:00.000Z',
    ...more,
  });

test.each<[string, Partial<Titled>]>([
  [
    'Churn risk above 1,500.5 · VIP alert · flow 3f2a9c01',
    { label: 'VIP alert', workflowId: '3f2a9c01aaaabbbbccccdddd' },
  ],
  ['Churn risk above 1,500.5 · VIP alert', { label: 'VIP alert' }],
  ['Churn risk above 1,500.5 · made 2026-11-23 10:05', {}],
  [
    'ChurnRisk above 150 · flow f1 · paused',
    { subjectName: undefined, threshold: 150, workflowId: 'f1', status: 'paused' },
  ],
  ['Contoso CRM fails · L', { trigger: 'data-source-refresh-failed', subjectName: 'Contoso CRM', label: 'L' }],
  ['Any data source succeeds · L', { trigger: 'data-source-refresh-succeeded', subject: ANY_SUBJECT, label: 'L' }],
  ['Full refresh · L', { trigger: 'full-refresh-completed', subject: subjectStartedBy('any'), label: 'L' }],
  ['Full refresh by a user · L', { trigger: 'full-refresh-completed', subject: subjectStartedBy('user'), label: 'L' }],
  ['Unification · L', { trigger: 'unification-refresh-completed', subject: ANY_SUBJECT, label: 'L' }],
])('%s', (title, more) => {
  expect(titled(more)).toBe(title);
});
