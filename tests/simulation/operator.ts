import type { Backend } from '../../shared/backend.ts';
import type { Refusal } from '../../shared/problem.ts';
import { diceOf } from './dice.ts';
import type { Flow, Version } from './flow.ts';
import type { FlowPlatform } from './flow-platform.ts';
import type { Checker } from './checker.ts';
import type { Stage } from './stage.ts';

/**
 * Simulates the operator, who resumes, redelivers and recovers at any time, and repeats a request
 * after an error.
 */
export interface Operator {
  begin(): void;
  /** Recovers the lost deliveries of every subscription. */
  recoverAll(): void;
  /** Checks which subscriptions are disabled. */
  checkAll(): void;
  /** Resumes all subscriptions. */
  resumeAll(): void;
  /** Moves the messages of all poison queues back to their queues. */
  redriveAll(): void;
}

const TRIES = 3;
const MOVE_TRIES = 1000;

export function createOperator(stage: Stage, platform: FlowPlatform, checker: Checker): Operator {
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

  const tend = (flow: Flow): void => {
    flow.isTended = true;
    for (const version of flow.versions) version.disabledAtMs = undefined;
  };
  const check = (version: Version): void => {
    const isQuiet = (): boolean => version.openSubscribes === 0 && version.flow.isTended !== true;
    const wasQuiet = isQuiet();
    const id = version.subscriptionId ?? '';
    request(
      `looks at ${version.url.slice(-12)}`,
      (backend) => backend.operator.getSubscription(id),
      (answer) => {
        const { subscription } = answer as Partial<{ subscription: { status: string } }>;
        version.isDisabled = subscription?.status === 'disabled';
        if (!version.isDisabled) return;
        stage.count('operator sees a disabled subscription');
        if (wasQuiet && isQuiet()) version.disabledAtMs ??= timeline.now();
      },
    );
  };
  const resume = (version: Version): void => {
    const id = version.subscriptionId ?? '';
    let beginsMs = 0;
    request(
      `resumes ${version.url.slice(-12)}`,
      (backend) => {
        beginsMs = timeline.now();
        return backend.operator.resumeSubscription(id);
      },
      ({ kind }) => {
        if (kind === 'resumed') version.flow.resumes.push({ fromMs: beginsMs, atMs: timeline.now() });
      },
    );
  };
  const redriveAll = (): void => {
    for (const queue of ['polls', 'deliveries', 'retries']) {
      request(
        `redrives ${queue}`,
        (backend) => backend.operator.redrive(queue),
        () => undefined,
      );
    }
  };
  const recover = (version: Version, onAnswer: (answer: { readonly kind: string }) => void): void => {
    const id = version.subscriptionId ?? '';
    tend(version.flow);
    request(`recovers ${version.url.slice(-12)}`, (backend) => backend.operator.recover(id, { since }), onAnswer);
  };
  const act = (): void => {
    const versions = subscribed();
    if (versions.length === 0) return;
    const version = dice.pick(versions);
    const action = dice.pick(['resume', 'recover', 'redeliver', 'redeliver'] as const);
    const posts = checker.posts.filter((post) => post.version.flow === version.flow);
    if (action === 'redeliver' && posts.length === 0) return;
    stage.count(`operator: ${action}`);
    tend(version.flow);
    switch (action) {
      case 'resume':
        resume(version);
        return;
      case 'recover':
        recover(version, () => undefined);
        return;
      case 'redeliver': {
        const { webhookId } = dice.pick(posts);
        request(
          `redelivers …${webhookId.slice(-24)}`,
          (backend) => {
            checker.redelivering(webhookId, stage.currentRun());
            return backend.operator.redeliver(webhookId);
          },
          () => undefined,
        );
      }
    }
  };

  /**
   * Repeated until it succeeds, because entries that were moved in part belong to neither
   * connection.
   */
  const move = (): void => {
    // The way back starts after the move is complete. Otherwise it would be undefined where an
    // entry belongs.
    if (platform.isMoving()) return;
    stage.count('operator: move');
    const body = platform.beginMove();
    request(
      'moves the connection',
      (backend) => backend.operator.moveConnection(body),
      ({ kind }) => {
        if (kind === 'moved') platform.endMove();
        else stage.violate(`a connection is not moved: ${kind}`);
      },
      MOVE_TRIES,
    );
  };
  /** The reconciler continues it, whatever becomes of the request. */
  const recoverEveryone = (): void => {
    stage.count('operator: recovery of all');
    for (const flow of platform.flows) tend(flow);
    request(
      'recovers all',
      (backend) => backend.operator.startRecovery({ since }),
      ({ kind }) => {
        if (kind !== 'started') stage.violate(`a recovery is not started: ${kind}`);
      },
    );
  };
  const end = (version: Version): void => {
    const id = version.subscriptionId;
    if (id === undefined || version.overlapped) return;
    stage.count('operator: end');
    version.deleteSentAtMs ??= timeline.now();
    version.endSentAtMs ??= timeline.now();
    if (version.openSubscribes > 0) version.flow.unruly = true;
    request(
      `ends ${version.url.slice(-12)}`,
      (backend) => backend.operator.endSubscription(id),
      () => (version.deletedAtMs ??= timeline.now()),
    );
  };

  return {
    begin() {
      const people = diceOf(plan.seed * 23 + 17);
      const inStorm = (times: number, action: () => void): void => {
        for (let count = 0; count < times; count++) {
          timeline.at(plan.startMs + people.between(0, plan.stormMs), () => {
            action();
            return true;
          });
        }
      };
      inStorm(plan.moves, move);
      inStorm(plan.operatorEnds, () => {
        const versions = subscribed();
        if (versions.length > 0) end(people.pick(versions));
      });
      inStorm(plan.recoveries, recoverEveryone);
      for (let action = 0; action < plan.operatorActions; action++) {
        // Some requests come after the faults have stopped, while deliveries are still parked, dead
        // or delivered.
        timeline.at(plan.startMs + dice.between(0, plan.stormMs * dice.pick([1, 1, 3])), () => {
          act();
          return true;
        });
      }
      for (let checks = 0; checks < plan.operatorChecks; checks++) {
        timeline.at(plan.startMs + dice.between(0, plan.stormMs), () => {
          for (const version of subscribed()) check(version);
          if (plan.poisons > 0 && plan.redrives) redriveAll();
          return true;
        });
      }
    },
    checkAll() {
      for (const version of subscribed()) check(version);
    },
    resumeAll() {
      for (const version of subscribed()) {
        tend(version.flow);
        version.isDisabled = false;
        resume(version);
      }
    },
    redriveAll,
    recoverAll() {
      for (const version of subscribed())
        recover(version, ({ kind }) => {
          version.isRecovered = kind === 'recovered';
        });
    },
  };
}
