import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { contosoInstanceId as instanceId } from '../../../sandbox/customer-insights/seed/seeded-instances.ts';
import { openSandbox } from './open-sandbox.ts';
import type { OpenSandbox } from './open-sandbox.ts';

let sandbox: OpenSandbox;
beforeEach(async () => {
  sandbox = await openSandbox();
});
afterEach(() => sandbox.stop());

test('names and values of enums turn to PascalCase, each by its own switch', async () => {
  sandbox.control.changeBehaviour({ pascalCaseNames: true });
  const { body: named } = await sandbox.get('/workflows/main/jobs?top=1&includeTasks=true');
  expect(named).toMatchObject([
    {
      JobStatus: 'successful',
      OperationType: 'all',
      Tasks: expect.arrayContaining([expect.objectContaining({ TaskStatus: 'successful' })]) as unknown,
    },
  ]);
  sandbox.control.changeBehaviour({ pascalCaseNames: false, pascalCaseValues: true });
  const { body: valued } = await sandbox.get('/workflows/main/jobs?top=1');
  expect(valued).toMatchObject([{ jobStatus: 'Successful', operationType: 'All', jobSubmissionKind: 'Scheduled' }]);
});

test('data keeps its own names in PascalCase', async () => {
  sandbox.control.changeBehaviour({ pascalCaseNames: true, pascalCaseValues: true });
  sandbox.control.addMeasure({ instanceId, name: 'lowerCase', value: 1 });
  const { body } = await sandbox.get('/manage/measures/lowerCase');
  expect(body).toMatchObject({
    Name: 'lowerCase',
    Output: { Values: { lowerCase: '1' } },
    LatestEvaluation: { State: 'Completed' },
  });
  expect((await sandbox.get('/data/lowerCase')).body).toMatchObject({ value: [{ lowerCase: 1 }] });
});

test('values that are not there yet are left out, or null', async () => {
  const status = async (): Promise<unknown> => {
    const { body } = await sandbox.get('/manage/segments');
    return (body as { name: string; evaluationStatus: unknown }[]).find(({ name }) => name === 'New')?.evaluationStatus;
  };
  sandbox.control.addSegment({ instanceId, name: 'New' });
  expect(await status()).toEqual({ jobStatus: 'None' });
  sandbox.control.changeBehaviour({ nulls: true });
  expect(await status()).toEqual({
    jobStatus: 'None',
    evaluationDate: null,
    entityCount: null,
    error: null,
    lastSuccessfulRunId: null,
  });
});

test('histories come oldest first, or newest first', async () => {
  const counts = async (): Promise<number[]> => {
    const { body } = await sandbox.get('/manage/segments?includeHistoricStats=true&numberOfSegments=1');
    const [segment] = body as { evaluationStatusHistory: { entityCount: number }[] }[];
    return segment?.evaluationStatusHistory.map(({ entityCount }) => entityCount) ?? [];
  };
  expect(await counts()).toEqual([38, 40, 42]);
  sandbox.control.changeBehaviour({ newestHistoryFirst: true });
  expect(await counts()).toEqual([42, 40, 38]);
});
