import type { Backend } from '../../shared/backend.ts';
import type { Refusal } from '../../shared/problem.ts';
import type { Version } from './flow.ts';
import type { FlowPlatform } from './flow-platform.ts';
import type { Judge } from './judge.ts';
import type { Stage } from './stage.ts';

/** The side of the operator, who resumes, redelivers and recovers at any time, and asks again when the answer is an error. */
export interface Operator {
  begin(): void;
  /** Recovers all that every subscription lost. */
  recoverAll(): void;
}

const TRIES = 3;

export function createOperator(stage: Stage, platform: FlowPlatform, judge: Judge): Operator {
  const { plan, dice, timeline } = stage;
  const since = new Date(plan.startMs - 3_600_000).toISOString();

  const request = (
    what: string,
    work: (backend: Backend) => Promise<unknown>,
    onAnswer: (answer: { readonly kind: string }) => void,
    tries = TRIES,
  ): void => {
    stage.start(`operator ${what}`, work, (end) => {
      const isRepeated = end.kind !== 'done' || (end.value as Partial<Refusal>).code?.endsWith('-changing') === true;
      if (!isRepeated) onAnswer(end.value as { readonly kind: string });
      else if (tries > 1) {
        timeline.at(timeline.now() + dice.between(1, 60_000), () => {
          request(what, work, onAnswer, tries - 1);
          return true;
        });
      }
    });
  };
  const subscribed = (): Version[] =>
    platform.flows.flatMap(({ versions }) => versions).filter(({ subscriptionId }) => subscriptionId !== undefined);

  const recover = (version: Version, onAnswer: (answer: { readonly kind: string }) => void): void => {
    const id = version.subscriptionId ?? '';
    version.flow.isTended = true;
    request(`recovers ${version.url.slice(-12)}`, (backend) => backend.operator.recover(id, { since }), onAnswer);
  };
  const act = (): void => {
    const versions = subscribed();
    if (versions.length === 0) return;
    const version = dice.pick(versions);
    const action = dice.pick(['resume', 'recover', 'redeliver', 'redeliver'] as const);
    const posts = judge.posts.filter((post) => post.version.flow === version.flow);
    if (action === 'redeliver' && posts.length === 0) return;
    stage.count(`operator: ${action}`);
    version.flow.isTended = true;
    switch (action) {
      case 'resume': {
        const id = version.subscriptionId ?? '';
        request(
          `resumes ${version.url.slice(-12)}`,
          (backend) => backend.operator.resumeSubscription(id),
          () => undefined,
        );
        return;
      }
      case 'recover':
        recover(version, () => undefined);
        return;
      case 'redeliver': {
        const { webhookId } = dice.pick(posts);
        request(
          `redelivers …${webhookId.slice(-24)}`,
          (backend) => {
            judge.redelivering(webhookId, stage.currentRun());
            return backend.operator.redeliver(webhookId);
          },
          () => undefined,
        );
      }
    }
  };

  return {
    begin() {
      for (let action = 0; action < plan.operatorActions; action++) {
        // Some come when all is calm, but deliveries are still parked, dead or delivered.
        timeline.at(plan.startMs + dice.between(0, plan.stormMs * dice.pick([1, 1, 3])), () => {
          act();
          return true;
        });
      }
    },
    recoverAll() {
      for (const version of subscribed())
        recover(version, ({ kind }) => {
          version.isRecovered = kind === 'recovered';
        });
    },
  };
}
