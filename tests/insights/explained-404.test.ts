import { describe, expect, test } from '@jest/globals';
import { HttpRequest, InvocationContext } from '@azure/functions';
import { httpHandler } from '../../functions/http.ts';
import { failing } from '../../shared/insights/memory-customer-insights.ts';
import { silentLog } from '../../shared/log.ts';
import { evaluated, measure, output, segment } from '../helpers/insights-data.ts';
import { callbackUrl, INSTANCE, memoryBackend, type MemoryBackend } from '../helpers/memory-backend.ts';

/** What a caller gets who subscribes. */
async function subscribing(
  fixture: MemoryBackend,
  trigger: Parameters<MemoryBackend['subscribe']>[0],
  input: object,
): Promise<Record<string, unknown>> {
  const who = { connection: 'a', workflowId: undefined, operationName: undefined, environmentId: undefined };
  const body = { instanceId: INSTANCE, callbackUrl: callbackUrl('one'), ...input };
  const handler = httpHandler(silentLog, async () => {
    const result = await fixture.backend.subscribe(who, trigger, body);
    return result.kind === 'refused' ? result : { status: 201, jsonBody: {} };
  });
  const answer = await handler(
    new HttpRequest({ method: 'POST', url: 'http://localhost/api' }),
    new InvocationContext({ functionName: 'test', invocationId: '1' }),
  );
  return JSON.parse((answer as { body: string }).body) as Record<string, unknown>;
}

describe.each([
  ['jobs', 'CUSTOMER_INSIGHTS_WORKFLOW_PATH', 'full-refresh-completed', {}],
  ['nodes', 'CUSTOMER_INSIGHTS_WORKFLOW_PATH', 'unification-refresh-completed', {}],
  ['dataSources', 'CUSTOMER_INSIGHTS_API_URL', 'data-source-refresh-failed', { dataSourceId: 'x' }],
  ['segments', 'CUSTOMER_INSIGHTS_API_URL', 'segment-threshold-crossed', { segmentName: 'vip', threshold: 1 }],
  ['measures', 'CUSTOMER_INSIGHTS_API_URL', 'measure-threshold-crossed', { measureName: 'm', threshold: 1 }],
] as const)('a 404 of the list %s', (method, setting, trigger, input) => {
  test('of an instance that exists names the call and the setting', async () => {
    const fixture = memoryBackend();
    fixture.insights.beforeCall = failing('not-found', { methods: [method] });
    expect(await subscribing(fixture, trigger, input)).toMatchObject({
      status: 503,
      code: 'customer-insights-path-unknown',
      detail: expect.stringMatching(new RegExp(`${method}.* setting ${setting}`)),
    });
  });

  test('of one that does not exist says so', async () => {
    const fixture = memoryBackend();
    fixture.insights.held.clear();
    expect(await subscribing(fixture, trigger, input)).toMatchObject({ status: 404, code: 'instance-unknown' });
  });
});

test('a poll keeps the call and the setting for the operator', async () => {
  const fixture = memoryBackend();
  fixture.data.segments = [segment('vip', evaluated(1, 1))];
  fixture.data.measures = [measure('m', output(1, 1))];
  await fixture.subscribe('full-refresh-completed', { callbackUrl: callbackUrl('one') });
  fixture.insights.beforeCall = failing('not-found', { methods: ['jobs'] });
  await fixture.poll();
  const { instances } = await fixture.backend.operator.listInstances({ limit: 1 });
  const [health] = instances;
  expect(health?.failing).toMatchObject([{ list: 'jobs', reason: expect.stringContaining('jobs of') }]);
  expect(health?.failing[0]?.reason).toContain('check the setting CUSTOMER_INSIGHTS_WORKFLOW_PATH');
});
