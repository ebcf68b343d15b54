import {
  contosoInstanceId as instanceId,
  loyaltyDataSourceId,
  storeDataSourceId as dataSourceId,
} from './customer-insights/seed/seeded-instances.ts';
import type { FlowDefinition } from './flow-platform/flow.ts';
import { after, failed, passed, savedFlow } from './scenario-stage.ts';
import type { Stage, Step, Verdict } from './scenario-stage.ts';

const newsletterPeak: FlowDefinition = {
  name: 'Newsletter peak',
  trigger: 'segment-threshold-crossed',
  input: { instanceId, segmentName: 'NewsletterReaders', threshold: 200 },
};

/** Changes that must not fire, and changes that must fire once, after each trigger has fired. */
export const rules: readonly Step[] = [
  {
    sentence:
      'a full refresh that was started manually does not fire full-refresh-completed for a flow with startedBy schedule',
    run: (stage) =>
      expectNoCall(stage, () =>
        stage.stack.insights.control.refreshAll({
          instanceId,
          submission: 'onDemand',
          // The refresh fails, as in the tour, so that the flows for its ingestions and its
          // unification are not called.
          end: 'failed',
          failsAt: { operationType: 'ingestion', identifier: loyaltyDataSourceId },
        }),
      ),
  },
  {
    sentence: 'a run that only matches does not fire unification-refresh-completed',
    run: (stage) => expectNoCall(stage, () => stage.stack.insights.control.unify({ instanceId, matchOnly: true })),
  },
  {
    sentence: 'a value that stays above its threshold does not fire a second time',
    run: (stage) =>
      expectNoCall(stage, () =>
        stage.stack.insights.control.evaluateSegment({
          instanceId,
          segmentName: 'HighValueCustomers',
          evaluations: [61, 61, 64].map((memberCount) => ({ kind: 'succeeded', memberCount })),
        }),
      ),
  },
  {
    sentence: 'a value that reaches its threshold exactly does not fire',
    run: async (stage) => {
      await savedFlow(stage, newsletterPeak);
      return expectNoCall(stage, () =>
        stage.stack.insights.control.setMemberCount({ instanceId, segmentName: 'NewsletterReaders', memberCount: 200 }),
      );
    },
  },
  {
    sentence: 'a value that rose and fell between two polls fires once, with the value of the rise',
    run: async (stage) => {
      const flow = await savedFlow(stage, newsletterPeak);
      const { verdict, calls } = await after(
        stage,
        () =>
          stage.stack.insights.control.evaluateSegment({
            instanceId,
            segmentName: 'NewsletterReaders',
            evaluations: [250, 190].map((memberCount) => ({ kind: 'succeeded', memberCount })),
          }),
        [flow],
      );
      if (verdict.kind === 'failed') return verdict;
      const { previousValue, value } = calls[0]?.body as { previousValue?: unknown; value?: unknown };
      const rise = `${String(previousValue)} to ${String(value)}`;
      return rise === '200 to 250' ? passed : failed(`the callback reports a rise from ${rise}`);
    },
  },
  {
    sentence: 'a measure with a dimension is refused with 422 and the reason',
    run: refusedSubscription,
  },
  {
    sentence: 'an ingestion that fails, is retried in its job and succeeds fires only "succeeded"',
    run: retriedIngestion,
  },
  {
    sentence: 'a flow that has unsubscribed is not called',
    run: async (stage) => {
      const flow = await savedFlow(stage, {
        name: 'Count the active',
        trigger: 'measure-threshold-crossed',
        input: { instanceId, measureName: 'ActiveCustomers', threshold: 240 },
      });
      const answer = await flow.turnOff();
      if (answer.kind !== 'answered' || answer.status !== 204) return failed(JSON.stringify(answer));
      return expectNoCall(stage, () =>
        stage.stack.insights.control.setMeasureValue({ instanceId, measureName: 'ActiveCustomers', value: 250 }),
      );
    },
  },
];

async function expectNoCall(stage: Stage, makeChange: () => unknown): Promise<Verdict> {
  return (await after(stage, makeChange, [])).verdict;
}

async function refusedSubscription({ stack }: Stage): Promise<Verdict> {
  const flow = stack.flows.createFlow({
    name: 'Revenue of a country',
    trigger: 'measure-threshold-crossed',
    input: { instanceId, measureName: 'RevenueByCountry', threshold: 1 },
  });
  const answer = await flow.save();
  if (answer.kind !== 'answered' || answer.status !== 422) return failed(JSON.stringify(answer));
  const { detail } = answer.body as { detail?: unknown };
  return typeof detail === 'string' && /dimension/.test(detail) ? passed : failed(`the detail is ${String(detail)}`);
}

async function retriedIngestion(stage: Stage): Promise<Verdict> {
  const input = { instanceId, dataSourceId };
  const { control } = stage.stack.insights;
  const succeeded = await savedFlow(stage, {
    name: 'Store is up to date',
    trigger: 'data-source-refresh-succeeded',
    input,
  });
  await savedFlow(stage, { name: 'Store is stale', trigger: 'data-source-refresh-failed', input });

  const job = control.refreshDataSource({ ...input, end: 'open' });
  const taskId = job.tasks[0]?.taskId ?? '';
  const failing = await expectNoCall(stage, () => control.moveTask({ instanceId, taskId, status: 'failed' }));
  if (failing.kind === 'failed') return failing;
  const { verdict } = await after(stage, () => {
    control.moveTask({ instanceId, taskId, status: 'running' });
    control.moveTask({ instanceId, taskId, status: 'successful' });
    control.endJob({ instanceId, jobId: job.jobId, status: 'successful' });
  }, [succeeded]);
  return verdict;
}
