import { expect, test } from '@jest/globals';
import { flowUrlOf } from '../../shared/operations/managed-subscription.ts';
import { segmentFixture } from './segment-fixture.ts';

const ENGINE_ID = '0123456789abcdef0123456789abcdef';
const NAME = '5d2c7f0a-91b4-4f0e-8c8e-000000000001';
const flows = 'https://make.powerautomate.com/environments/Default-1/flows';

test.each<[string | undefined, string | undefined, string | undefined]>([
  [ENGINE_ID, NAME, `${flows}/${NAME}`],
  // A row of before, or a platform that sends no name.
  [NAME, undefined, `${flows}/${NAME}`],
  ['a-flow', undefined, `${flows}/a-flow`],
  // Leads nowhere.
  [ENGINE_ID, undefined, undefined],
  [undefined, undefined, undefined],
])('the flow %s with the name %s is at %s', (workflowId, workflowName, url) => {
  expect(flowUrlOf({ workflowId, workflowName, environmentId: 'Default-1' })).toBe(url);
});

test('a flow without an environment is nowhere', () => {
  expect(flowUrlOf({ workflowId: ENGINE_ID, workflowName: NAME, environmentId: undefined })).toBeUndefined();
});

test('a subscription leads to its flow by the name that the platform sends', async () => {
  const fixture = segmentFixture();
  const { id } = await fixture.flow(
    'one',
    {},
    { workflowId: ENGINE_ID, workflowName: NAME, operationName: 'When', environmentId: 'Default-1' },
  );
  expect(await fixture.backend.operator.getSubscription(id)).toMatchObject({
    subscription: { workflowId: ENGINE_ID, workflowName: NAME, flowUrl: `${flows}/${NAME}/details` },
  });
});
