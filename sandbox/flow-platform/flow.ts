import { createAnswerScript } from './answer-script.ts';
import type { AnswerScript, Behaviour } from './answer-script.ts';
import type { CallView } from './call-log.ts';
import { callbackPath, encodedTriggerName } from './callback-url.ts';
import type { Gateway, SubscribeOutcome, UnsubscribeOutcome } from './gateway.ts';
import type { TriggerSegment } from './notification-schemas.ts';
import { workflowHeaders } from './workflow-headers.ts';
import type { WorkflowIdentifiers } from './workflow-identifiers.ts';

/** What a maker enters. `input` is `instanceId` and the other inputs of the trigger. */
export interface FlowDefinition {
  readonly name: string;
  readonly trigger: TriggerSegment;
  readonly input: FlowInput;
  readonly label?: string;
}
export type FlowInput = Readonly<Record<string, string | number>>;

export type FlowState = 'draft' | 'on' | 'off' | 'deleted';
export type FlowAction = 'save' | 'saveAgain' | 'turnOff' | 'turnOn' | 'delete';

/** One saved version of a flow. Every save has its own callback URL. */
export interface FlowVersion {
  readonly version: string;
  readonly callbackPath: string;
  readonly callbackUrl: string;
  /** The last subscribe of this version. Absent until the backend has responded. */
  readonly subscribed?: SubscribeOutcome;
  /** The unsubscribe of this version, if there was one. */
  readonly unsubscribed?: UnsubscribeOutcome;
}

export interface LoseDelete {
  /**
   * When true, the platform does not send the DELETE, so the backend keeps an orphaned
   * subscription.
   */
  readonly loseDelete?: boolean;
}

export interface SaveAgain extends LoseDelete {
  /**
   * Whether the old version's DELETE or the new version's POST comes first. The platform documents
   * neither order.
   */
  readonly order: 'delete-first' | 'post-first';
  /** Replaces the whole input of the trigger. */
  readonly input?: FlowInput;
}

/**
 * A flow. Its actions reject when the state of the flow does not allow them (see `allowsAction`).
 */
export interface Flow extends CallView {
  /** A GUID, sent as `x-ms-workflow-name`. */
  readonly id: string;
  /** 32 hexadecimal digits, sent as `x-ms-workflow-id`. */
  readonly workflowId: string;
  readonly definition: FlowDefinition;
  readonly state: FlowState;
  /** Oldest first. The last version is the current one. */
  readonly versions: readonly FlowVersion[];
  /** Subscribes. */
  save(): Promise<SubscribeOutcome>;
  /**
   * Creates a new version. From then on, the old callback URL responds with 404, although the
   * backend has not been notified yet.
   */
  saveAgain(how: SaveAgain): Promise<SubscribeOutcome>;
  /** Unsubscribes. */
  turnOff(how?: LoseDelete): Promise<UnsubscribeOutcome>;
  /** Subscribes again with the same version, so with the same callback URL. */
  turnOn(): Promise<SubscribeOutcome>;
  /** Unsubscribes. A deleted flow cannot be restored. */
  delete(how?: LoseDelete): Promise<UnsubscribeOutcome>;
  /** Replaces the script for responses to valid callbacks. */
  behave(behaviour: Behaviour): void;
  /** The script's answer to the next callback. */
  readonly nextAnswer: AnswerScript;
}

const statesFor: Readonly<Record<FlowAction, readonly FlowState[]>> = {
  save: ['draft'],
  saveAgain: ['on'],
  turnOff: ['on'],
  turnOn: ['off'],
  delete: ['draft', 'on', 'off'],
};

/** Whether a flow in this state allows the action. */
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

/** Creates a flow that has not been saved yet. */
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

  async function subscribe(version: Mutable<FlowVersion>): Promise<SubscribeOutcome> {
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
  ): Promise<UnsubscribeOutcome> {
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
