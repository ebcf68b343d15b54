import type { Backend } from '../../shared/backend.ts';
import { CustomerInsightsError } from '../../shared/insights/customer-insights.ts';
import type { CallbackResponse, CallbackClient } from '../../shared/outgoing/callback-client.ts';
import type { Refusal } from '../../shared/problem.ts';
import type { Subscribed } from '../../shared/subscriptions/subscribe.ts';
import { answerOf, randomInput, requestOf, sameInput, type Flow, type Input, type Post, type Version } from './flow.ts';
import type { Checker } from './checker.ts';
import { LEFT_OUT } from './ports.ts';
import { hangOfFlow } from './source-faults.ts';
import type { Run, Stage } from './stage.ts';

/** The callers, by the keys that they use one after another. */
export const CONNECTIONS = [`key-${'a'.repeat(32)}`, `key-${'b'.repeat(32)}`] as const;
const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const PLATFORM_TIMEOUT_MS = 2 * MINUTE;
const DELETE_TRIES = 4;
const CALLBACK_TIMEOUT_MS = 15 * SECOND;

/**
 * Simulates the flows: they subscribe, are saved, turned off and deleted, and respond to callbacks.
 */
export interface FlowPlatform {
  readonly flows: readonly Flow[];
  readonly client: CallbackClient;
  /** Starts the flows. */
  begin(): void;
  /** Whether a request of a flow is in progress. */
  isBusy(): boolean;
  /**
   * Switches to the other key before an operator moves the connection. Requests of flows during the
   * move have no guaranteed result.
   */
  beginMove(): { readonly from: string; readonly to: string };
  endMove(): void;
  /** Whether a move has begun and not ended. */
  isMoving(): boolean;
}

export function createFlowPlatform(stage: Stage, checker: Checker): FlowPlatform {
  const { plan, dice, timeline } = stage;
  const versions = new Map<string, Version>();
  let busy = 0;
  let [connection, otherConnection]: readonly [string, string] = CONNECTIONS;
  let moves = 0;
  const tell = (flow: Flow, what: string | (() => string)): void => stage.trace.add(timeline.now(), flow.name, what);
  const later = (ms: number, action: () => void): void => {
    busy += 1;
    timeline.at(timeline.now() + ms, () => {
      busy -= 1;
      action();
      return true;
    });
  };

  /** Makes one request, and repeats it after a timeout or a 5xx as the platform does. */
  const request = (call: {
    what: string;
    flow: Flow;
    work: (backend: Backend) => Promise<unknown>;
    tries: number;
    onRun?: (change: 1 | -1, ended?: Run) => void;
    onEnd: (value: unknown) => void;
    onGiveUp: () => void;
  }): void => {
    const { flow, what } = call;
    let isOver = false;
    const again = (ms: number, calmMs = SECOND): void => {
      if (isOver) return;
      isOver = true;
      if (call.tries <= 1 && !stage.isCalm()) {
        call.onGiveUp();
        return;
      }
      later(stage.isCalm() ? calmMs : ms, () => request({ ...call, tries: call.tries - 1 }));
    };
    tell(flow, () => `${what}: sent`);
    if (moves > 0) flow.unruly = true;
    flow.openRuns += 1;
    call.onRun?.(1);
    stage.start(`${flow.name} ${what}`, call.work, (end, run) => {
      call.onRun?.(-1, run);
      flow.openRuns -= 1;
      if (isOver) return;
      const isLost = !stage.isCalm() && dice.chance(plan.platformFaults);
      if (end.kind === 'done' && isLost) {
        tell(flow, () => `${what}: the answer is lost`);
        stage.count('flow platform loses an answer');
        return;
      }
      if (end.kind !== 'done') {
        const retryAfterMs =
          end.kind === 'failed' && end.error instanceof CustomerInsightsError ? end.error.retryAfterMs : undefined;
        again(dice.between(1, 60) * SECOND, retryAfterMs);
        return;
      }
      const refusal = end.value as Refusal | undefined;
      if (refusal?.kind === 'refused') {
        if (refusal.code !== 'subscription-changing') stage.violate(`${what} was refused: ${refusal.code}`);
        again(dice.between(1, 60) * SECOND);
        return;
      }
      isOver = true;
      later(stage.latencyMs(), () => {
        tell(flow, () => `${what}: answered`);
        call.onEnd(end.value);
      });
    });
    later(PLATFORM_TIMEOUT_MS, () => again(dice.between(0, 30) * SECOND));
  };

  const readsInPart = ({ faults }: Run): boolean =>
    faults.has(LEFT_OUT) || plan.calls > 0 || stage.unreadableJobs.size > 0;
  const subscribe = (version: Version, onEnd: () => void): void => {
    const { flow } = version;
    // A delayed save may arrive after a later one.
    const madeLater = flow.versions.slice(flow.versions.indexOf(version) + 1);
    if (madeLater.some(({ sentAtMs }) => sentAtMs !== undefined)) flow.unruly = true;
    version.sentAtMs ??= timeline.now();
    const subscriber = {
      workflowId: flow.workflowId,
      operationName: flow.workflowId && 'trigger',
      environmentId: flow.environmentId,
    };
    version.openSubscribes += 1;
    version.disabledAtMs = undefined;
    let beginsMs = 0;
    request({
      what: `subscribes ${version.url.slice(-3)}`,
      flow,
      work: (backend) => {
        beginsMs = timeline.now();
        return backend.subscribe({ ...subscriber, connection }, flow.trigger, requestOf(stage.names, version));
      },
      tries: dice.pick([4, 100, 100]),
      onRun: (change, ended) => {
        version.openSubscribes += change;
        if (ended && readsInPart(ended)) version.isReadInPart = true;
      },
      onEnd: (value) => {
        version.openSubscribes -= 1;
        version.subscribedAtMs ??= timeline.now();
        flow.resumes.push({ fromMs: beginsMs, atMs: timeline.now() });
        version.subscriptionId = (value as Subscribed).subscription.id;
        onEnd();
      },
      onGiveUp: () => {
        version.openSubscribes -= 1;
        version.abandoned = true;
        onEnd();
      },
    });
  };
  const unsubscribe = (version: Version, onEnd: () => void): void => {
    const id = version.subscriptionId;
    if (id === undefined || version.overlapped) {
      onEnd();
      return;
    }
    version.deleteSentAtMs ??= timeline.now();
    if (version.openSubscribes > 0) version.flow.unruly = true;
    request({
      what: `unsubscribes ${version.url.slice(-3)}`,
      flow: version.flow,
      work: (backend) => backend.unsubscribe(connection, version.flow.trigger, id),
      tries: DELETE_TRIES,
      onEnd: () => {
        version.deletedAtMs ??= timeline.now();
        onEnd();
      },
      onGiveUp: onEnd,
    });
  };

  const nextVersion = (flow: Flow, input: Input): Version => {
    const number = flow.versions.length + 1;
    const url = `https://${flow.name}.flows.example.org/run?sig=secret-${flow.name}-v${number}`;
    const version: Version = { flow, url, input, abandoned: false, openSubscribes: 0, overlapped: false };
    flow.versions.push(version);
    versions.set(url, version);
    return version;
  };

  const save = (flow: Flow, isOverlapping: boolean, onEnd: () => void): void => {
    const old = flow.versions.at(-1) as Version;
    const input = dice.chance(0.6) ? old.input : randomInput(dice, flow.trigger, stage.names);
    const version = nextVersion(flow, input);
    tell(flow, `is saved: ${version.url.slice(-2)} ${JSON.stringify(input)}${isOverlapping ? ' (overlapping)' : ''}`);
    if (isOverlapping) {
      old.overlapped = true;
      if (!sameInput(old.input, input)) flow.unruly = true;
    } else if (flow.versions.some(({ openSubscribes }) => openSubscribes > 0)) flow.unruly = true;
    const staleAtOnce = dice.chance(0.5);
    const becomesStale = (): void => {
      if (!old.overlapped) old.staleFromMs ??= timeline.now();
    };
    if (staleAtOnce) becomesStale();
    if (isOverlapping || dice.chance(0.5)) {
      subscribe(version, () => {
        becomesStale();
        unsubscribe(old, onEnd);
      });
      return;
    }
    unsubscribe(old, () =>
      later(dice.pick([0, SECOND, MINUTE, dice.between(0, 20) * MINUTE]), () =>
        subscribe(version, () => {
          becomesStale();
          onEnd();
        }),
      ),
    );
  };

  const act = (flow: Flow, left: number, idle: { isIdle: boolean }): void => {
    const next = (): void => {
      idle.isIdle = true;
      flow.isActing = false;
    };
    const isOver = flow.removedAtMs !== undefined || flow.versions.at(-1)?.deleteSentAtMs !== undefined;
    if (left === 0 || (isOver && idle.isIdle) || stage.isCalm()) return;
    later(dice.between(1, Math.max(2, plan.stormMs / (plan.actions + 1))), () => act(flow, left - 1, idle));
    const current = flow.versions.at(-1) as Version;
    const canOverlap = plan.overlaps && flow.workflowId !== undefined && plan.saves;
    if (!idle.isIdle) {
      if (canOverlap && current.sentAtMs !== undefined && current.subscribedAtMs === undefined && !isOver) {
        stage.count('flow: save before the last save ended');
        save(flow, true, next);
      }
      return;
    }
    const can = [
      ...(plan.saves && flow.workflowId !== undefined ? (['save', 'save', 'save'] as const) : []),
      ...(plan.turnsOff ? (['off'] as const) : []),
      ...(plan.ends ? (['end', 'remove'] as const) : []),
      'repeat',
    ] as const;
    const choice = dice.pick(can);
    stage.count(`flow: ${choice}`);
    idle.isIdle = false;
    flow.isActing = true;
    switch (choice) {
      case 'save': {
        save(flow, false, next);
        return;
      }
      case 'repeat': {
        subscribe(current, next);
        return;
      }
      case 'off':
        tell(flow, 'is turned off');
        if (flow.offFromMs === undefined) flow.offSpans.push({ fromMs: timeline.now() });
        flow.offFromMs ??= timeline.now();
        if (dice.chance(0.1)) flow.offForeverFromMs ??= timeline.now();
        else {
          // Returns false: only later responses change, so no code of the app can continue.
          timeline.at(timeline.now() + dice.pick(plan.offMs), () => {
            const span = flow.offSpans.at(-1);
            if (flow.offForeverFromMs !== undefined || flow.offFromMs === undefined) return false;
            if (span) span.untilMs = timeline.now();
            flow.offFromMs = undefined;
            tell(flow, 'is turned on');
            return false;
          });
        }
        {
          next();
          return;
        }
      case 'end': {
        unsubscribe(current, next);
        return;
      }
      case 'remove':
        tell(flow, 'is deleted');
        flow.removedAtMs = timeline.now();
        if (dice.chance(0.7)) unsubscribe(current, next);
        else next();
    }
  };

  const drawnFate = (): 'answered' | 'unsent' | 'reset' | 'timeout' =>
    dice.chance(plan.lostAnswers) ? dice.pick(['unsent', 'reset', 'timeout'] as const) : 'answered';

  const client: CallbackClient = {
    post: ({ url, headers, body }) => {
      const run = stage.currentRun();
      const version = versions.get(url);
      if (version === undefined) throw new Error(`a callback to nobody: ${url}`);
      const callback = JSON.parse(body) as Post['callback'];
      const webhookId = headers['webhook-id'] ?? '';
      const post: Post = {
        atMs: timeline.now(),
        run,
        version,
        webhookId,
        body,
        callback,
        accepted: false,
        answerLost: false,
      };
      checker.posted(post);
      const arrive = (): CallbackResponse => {
        const answer = answerOf(version, timeline.now(), dice);
        post.answer = answer;
        post.accepted = answer.kind === 'answered' && answer.status === 202;
        if (!post.accepted)
          stage.count(`callback is answered ${answer.kind === 'answered' ? answer.status : answer.kind}`);
        tell(version.flow, () => {
          const status = answer.kind === 'answered' ? `${answer.status} ${answer.errorCode ?? ''}` : answer.kind;
          const where = `${url.slice(-2)} …${webhookId.slice(-24)}`;
          return `POST ${where} of #${run.number}: ${callback.occurredAt} → ${status}`;
        });
        checker.arrived(post);
        return answer;
      };
      if (stage.isCalm()) {
        post.answeredAtMs = timeline.now();
        return Promise.resolve(arrive());
      }
      return new Promise((resolve) => {
        const arrivesAtMs = timeline.now() + stage.latencyMs();
        const hang = hangOfFlow(plan, version.flow.index, timeline.now());
        const fate = hang ? (hang.accepts ? 'timeout' : 'hangs') : drawnFate();
        let answer: CallbackResponse | undefined;
        if (fate !== 'unsent' && fate !== 'hangs') {
          timeline.at(arrivesAtMs, () => {
            if (run.state === 'crashed' && dice.chance(0.5)) return false;
            answer = arrive();
            return false;
          });
        }
        if (fate !== 'answered') stage.count(`callback: ${fate}`);
        post.answerLost = fate === 'reset' || fate === 'timeout';
        const isTimeout = fate === 'timeout' || fate === 'hangs';
        const delayMs = isTimeout ? CALLBACK_TIMEOUT_MS : stage.latencyMs();
        stage.answer(run, arrivesAtMs + delayMs, () => {
          post.answeredAtMs = timeline.now();
          if (fate === 'answered' && answer) {
            resolve(answer);
            return;
          }
          tell(version.flow, () => `POST …${webhookId.slice(-24)} ${fate.toUpperCase()}`);
          const code = fate === 'unsent' ? 'connect' : isTimeout ? 'timeout' : 'reset';
          resolve({ kind: 'unreached', code, durationMs: 5 });
        });
      });
    },
    close: () => Promise.resolve(),
  };

  const flows = Array.from({ length: plan.flows + plan.neighbours }, (_, index): Flow => {
    const faults = Array.from({ length: plan.flowFaults }, () => {
      const fromMs = plan.startMs + dice.between(0, plan.stormMs);
      const kind = dice.pick(['http-500', 'http-500', 'http-429', 'refuses', 'mismatch'] as const);
      const lastsMs = dice.between(SECOND, dice.pick(plan.faultMs));
      return { kind, fromMs, untilMs: Math.min(fromMs + lastsMs, plan.startMs + plan.stormMs + 3 * HOUR) };
    });
    // Every other flow was imported, so flows in other environments have the same id.
    const environmentId = index % 2 === 1 ? `Environment-${index + 1}` : undefined;
    const workflowId = dice.chance(0.85) ? (environmentId ? 'imported' : `workflow-${index + 1}`) : undefined;
    const trigger = dice.pick(plan.triggers);
    return {
      name: `flow-${index + 1}`,
      index,
      instance: Math.max(0, index + 1 - plan.flows),
      trigger,
      workflowId,
      environmentId,
      versions: [],
      unruly: false,
      faults,
      offSpans: [],
      resumes: [],
      isActing: false,
      openRuns: 0,
    };
  });

  return {
    flows,
    client,
    isBusy: () => busy > 0,
    beginMove() {
      moves += 1;
      [connection, otherConnection] = [otherConnection, connection];
      for (const flow of flows) if (flow.isActing || flow.openRuns > 0) flow.unruly = true;
      return { from: otherConnection, to: connection };
    },
    endMove: () => void (moves -= 1),
    isMoving: () => moves > 0,
    begin() {
      for (const flow of flows) {
        const version = nextVersion(flow, randomInput(dice, flow.trigger, stage.names));
        const idle = { isIdle: false };
        later(dice.between(0, plan.madeBeforeMs), () => {
          tell(flow, `is made: ${flow.trigger} ${JSON.stringify(version.input)}`);
          flow.isActing = true;
          subscribe(version, () => {
            idle.isIdle = true;
            flow.isActing = false;
          });
          later(dice.between(1, plan.stormMs / 2), () => act(flow, plan.actions, idle));
        });
      }
    },
  };
}
