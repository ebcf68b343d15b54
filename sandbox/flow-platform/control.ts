import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { Ajv } from 'ajv';
import type { Behaviour } from './answer-script.ts';
import type { CallView } from './call-log.ts';
import { allowsAction } from './flow.ts';
import type { Flow, FlowAction, FlowDefinition, LoseDelete, SaveAgain } from './flow.ts';
import { notificationSchemas } from './notification-schemas.ts';
import { parsedJson } from './parsed-json.ts';

export interface ControlDependencies {
  readonly flows: readonly Flow[];
  readonly createFlow: (definition: FlowDefinition) => Flow;
  readonly log: CallView;
}

/**
 * The controls of the platform over HTTP, to be used with curl. The README of this folder lists the
 * routes.
 */
export type Control = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

interface Reply {
  readonly status: number;
  readonly body: unknown;
}

const input = { type: 'object', required: ['instanceId'], additionalProperties: { type: ['string', 'number'] } };
const answer = {
  anyOf: [
    { enum: [202, 'hang', 'reset', 'redirect'] },
    { type: 'string', pattern: '^slow [0-9]+$' },
    {
      type: 'object',
      properties: {
        status: { type: 'integer', minimum: 200, maximum: 599 },
        errorCode: { type: 'string' },
        retryAfter: { type: ['string', 'number'] },
      },
      required: ['status'],
      additionalProperties: false,
    },
  ],
};
const body = (properties: object, required: readonly string[] = []): object => ({
  type: 'object',
  properties,
  required,
  additionalProperties: false,
});

const ajv = new Ajv({ allErrors: true, allowUnionTypes: true });
const definitionSchema = ajv.compile<FlowDefinition>(
  body(
    {
      name: { type: 'string' },
      trigger: { enum: Object.keys(notificationSchemas) },
      input,
      label: { type: 'string' },
    },
    ['name', 'trigger', 'input'],
  ),
);
const saveAgainSchema = ajv.compile<SaveAgain>(
  body({ order: { enum: ['delete-first', 'post-first'] }, loseDelete: { type: 'boolean' }, input }, ['order']),
);
const loseDeleteSchema = ajv.compile<LoseDelete>(body({ loseDelete: { type: 'boolean' } }));
const behaviourSchema = ajv.compile<Behaviour>(
  body({ answers: { type: 'array', items: answer }, then: answer, perDelivery: { type: 'boolean' } }, ['answers']),
);

export function createControl({ flows, createFlow, log }: ControlDependencies): Control {
  async function reply(method: string, path: string, given: unknown): Promise<Reply> {
    if (method === 'GET' && path === '/control/runs') return ok(log.runs);
    if (method === 'GET' && path === '/control/calls') return ok(log.calls);
    if (method === 'GET' && path === '/control/flows') return ok(flows.map(flowView));
    if (method === 'POST' && path === '/control/flows') {
      if (!definitionSchema(given)) return badRequest(ajv.errorsText(definitionSchema.errors));
      return { status: 201, body: flowView(createFlow(given)) };
    }
    const [, id, rest] = /^\/control\/flows\/([^/]+)(?:\/([a-z-]+))?$/.exec(path) ?? [];
    const flow = flows.find((each) => each.id === id);
    if (flow === undefined) return notFound();
    if (method === 'GET' && rest === undefined) return ok(flowView(flow));
    if (method === 'GET' && rest === 'runs') return ok(flow.runs);
    if (method === 'GET' && rest === 'calls') return ok(flow.calls);
    return method === 'POST' ? act(flow, rest, given) : notFound();
  }

  return async (request, response) => {
    const given = await text(request);
    const { pathname } = new URL(request.url ?? '/', 'http://control');
    const { status, body: value } = await reply(request.method ?? '', pathname, given === '' ? {} : parsedJson(given));
    response.writeHead(status, { 'content-type': 'application/json' }).end(`${JSON.stringify(value, undefined, 2)}\n`);
  };
}

async function act(flow: Flow, action: string | undefined, given: unknown): Promise<Reply> {
  switch (action) {
    case 'save':
    case 'turn-on': {
      const name = action === 'save' ? 'save' : 'turnOn';
      return whenAllowed(flow, name, () => flow[name]());
    }
    case 'turn-off':
    case 'delete': {
      if (!loseDeleteSchema(given)) return badRequest(ajv.errorsText(loseDeleteSchema.errors));
      const name = action === 'turn-off' ? 'turnOff' : 'delete';
      return whenAllowed(flow, name, () => flow[name](given));
    }
    case 'save-again':
      if (!saveAgainSchema(given)) return badRequest(ajv.errorsText(saveAgainSchema.errors));
      return whenAllowed(flow, 'saveAgain', () => flow.saveAgain(given));
    case 'behave':
      if (!behaviourSchema(given)) return badRequest(ajv.errorsText(behaviourSchema.errors));
      flow.behave(given);
      return ok(flowView(flow));
    case undefined:
    default:
      return notFound();
  }
}

async function whenAllowed(flow: Flow, action: FlowAction, run: () => Promise<unknown>): Promise<Reply> {
  if (!allowsAction(flow.state, action)) return failed(409, 'ActionNotAllowed', `The flow is ${flow.state}.`);
  await run();
  return ok(flowView(flow));
}

function flowView(flow: Flow): object {
  return {
    id: flow.id,
    workflowId: flow.workflowId,
    state: flow.state,
    ...flow.definition,
    versions: flow.versions,
    calls: flow.calls.length,
    runs: flow.runs.length,
    duplicates: flow.duplicates.length,
  };
}

const ok = (value: unknown): Reply => ({
  status: 200,
  body: Array.isArray(value) ? { value: value as unknown } : value,
});
const badRequest = (message: string): Reply => failed(400, 'BadRequest', message);
const notFound = (): Reply => failed(404, 'NotFound', 'There is no such flow or control.');

function failed(status: number, code: string, message: string): Reply {
  return { status, body: { error: { code, message } } };
}
