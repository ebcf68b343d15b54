import { createAnswerScript } from './answer-script.ts';
import type { AnswerScript, Behaviour } from './answer-script.ts';
import type { CallView } from './call-log.ts';
import { callbackPath, encodedTriggerName } from './callback-url.ts';
import type { Gateway, SubscribeAnswer, UnsubscribeAnswer } from './gateway.ts';
import type { TriggerSegment } from './notification-schemas.ts';
import { workflowHeaders } from './workflow-headers.ts';
import type { WorkflowIdentifiers } from './workflow-identifiers.ts';

/** What a maker fills in. `input` is `instanceId` and whatever else the trigger asks for. */
export interface FlowDefinition {
  readonly name: string;
  readonly trigger: TriggerSegment;
  readonly input: FlowInput;
  readonly label?: string;
}
export type FlowInput = Readonly<Record<string, string | number>>;

export type FlowState = 'draft' | 'on' | 'off' | 'deleted';
export type FlowAction = 'save' | 'saveAgain' | 'turnOff' | 'turnOn' | 'delete';

/** One saved version of a flow; every save has a callback URL of its own. */
export interface FlowVersion {
  readonly version: string;
  readonly callbackPath: string;
  readonly callbackUrl: string;
  /** The last subscribe of this version; absent until it is answered. */
  readonly subscribed?: SubscribeAnswer;
  /** The unsubscribe after it, if there was one. */
  readonly unsubscribed?: UnsubscribeAnswer;
}

export interface LoseDelete {
  /** True: the DELETE never leaves the platform, so the backend keeps an orphan. */
  readonly loseDelete?: boolean;
}

export interface SaveAgain extends LoseDelete {
  /** Which comes first, the old version's DELETE or the new one's POST: the platform documents neither. */
  readonly order: 'delete-first' | 'post-first';
  /** Replaces the trigger's input as a whole. */
  readonly input?: FlowInput;
}

/** A flow. Its actions reject when its state does not allow them, see `allowsAction`. */
export interface Flow extends CallView {
  /** A GUID, sent as `x-ms-workflow-name`. */
  readonly id: string;
  /** 32 hexadecimal digits, sent as `x-ms-workflow-id`. */
  readonly workflowId: string;
  readonly definition: FlowDefinition;
  readonly state: FlowState;
  /** Oldest first; the last one is in force. */
  readonly versions: readonly FlowVersion[];
  /** Subscribes. */
  save(): Promise<SubscribeAnswer>;
  /** Makes a new version: from here on the old callback URL answers 404, while the backend still has to learn of it. */
  saveAgain(how: SaveAgain): Promise<SubscribeAnswer>;
  /** Unsubscribes. */
  turnOff(how?: LoseDelete): Promise<UnsubscribeAnswer>;
  /** Subscribes again with the same version, so with the same callback URL. */
  turnOn(): Promise<SubscribeAnswer>;
  /** Unsubscribes. There is no way back. */
  delete(how?: LoseDelete): Promise<UnsubscribeAnswer>;
  /** Replaces the script of answers to callbacks that are in order. */
  behave(behaviour: Behaviour): void;
  /** The answer of the script to the next callback. */
  readonly nextAnswer: AnswerScript;
}

const statesFor: Readonly<Record<FlowAction, readonly FlowState[]>> = {
  save: ['draft'],
  saveAgain: ['on'],
  turnOff: ['on'],
  turnOn: ['off'],
  delete: ['draft', 'on', 'off'],
};

/** Whether a flow in this state can be acted on so. */
export function allowsAction(state: FlowState, action: FlowAction): boolean {
  return statesFor[action].includes(state);
}

export interface FlowDependencies {
  readonly origin: string;
  readonly environmentId: string;
  readonly gateway: Gateway;
  readonly identifiers: WorkflowIdentifiers;
  readonly viewOf: (flowId: string) => CallView;
}

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

/** A flow that was drawn but not saved yet. */
export function createFlow(initial: FlowDefinition, dependencies: FlowDependencies): Flow {
  const { origin, environmentId, gateway, identifiers, viewOf } = dependencies;
  const id = identifiers.guid();
  const workflowId = identifiers.workflowId();
  const versions: Mutable<FlowVersion>[] = [];
  let definition = initial;
  let state: FlowState = 'draft';
  let nextAnswer = createAnswerScript({ answers: [] });

  const enter = (action: FlowAction, next: FlowState): void => {
    if (!allowsAction(state, action)) throw new Error(`${action}: flow ${definition.name} is ${state}`);
    state = next;
  };

  const current = (): Mutable<FlowVersion> => {
    const version = versions.at(-1);
    if (version === undefined) throw new Error(`flow ${definition.name} has no version`);
    return version;
  };

  const addVersion = (): void => {
    const { trigger } = definition;
    const version = identifiers.version();
    const path = callbackPath({ workflowId, trigger, version, signature: identifiers.signature() });
    versions.push({ version, callbackPath: path, callbackUrl: `${origin}${path}` });
  };

  async function subscribe(version: Mutable<FlowVersion>): Promise<SubscribeAnswer> {
    const { trigger, input, label } = definition;
    delete version.unsubscribed;
    version.subscribed = await gateway.subscribe({
      trigger,
      headers: workflowHeaders({
        workflowId,
        workflowName: id,
        version: version.version,
        operationName: encodedTriggerName(trigger),
        environmentId,
        runId: identifiers.runId(),
        trackingId: identifiers.guid(),
      }),
      body: { callbackUrl: version.callbackUrl, ...input, ...(label !== undefined && { label }) },
    });
    return version.subscribed;
  }

  async function unsubscribe(
    version: Mutable<FlowVersion> | undefined,
    { loseDelete = false }: LoseDelete,
  ): Promise<UnsubscribeAnswer> {
    if (version === undefined) return { kind: 'no-location' };
    const location = version.subscribed?.kind === 'answered' ? version.subscribed.location : undefined;
    version.unsubscribed = loseDelete ? { kind: 'lost' } : await gateway.unsubscribe(location);
    return version.unsubscribed;
  }

  return {
    ...viewOf(id),
    id,
    workflowId,
    versions,
    get definition() {
      return definition;
    },
    get state() {
      return state;
    },
    get nextAnswer() {
      return nextAnswer;
    },
    behave: (behaviour) => {
      nextAnswer = createAnswerScript(behaviour);
    },
    save: async () => {
      enter('save', 'on');
      addVersion();
      return subscribe(current());
    },
    saveAgain: async ({ order, input, ...how }) => {
      enter('saveAgain', 'on');
      if (input !== undefined) definition = { ...definition, input };
      const old = current();
      addVersion();
      if (order === 'delete-first') {
        await unsubscribe(old, how);
        return subscribe(current());
      }
      const answer = await subscribe(current());
      await unsubscribe(old, how);
      return answer;
    },
    turnOff: async (how = {}) => {
      enter('turnOff', 'off');
      return unsubscribe(current(), how);
    },
    turnOn: async () => {
      enter('turnOn', 'on');
      return subscribe(current());
    },
    delete: async (how = {}) => {
      const wasOn = state === 'on';
      enter('delete', 'deleted');
      return unsubscribe(wasOn ? current() : undefined, how);
    },
  };
}
