import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { connectorDefinition } from '../../connector/document/definition.ts';
import { operationsOf } from '../../connector/document/operations.ts';
import type { PlainParameter } from '../../connector/document/swagger-document.ts';
import {
  startCustomerInsightsSandbox,
  type CustomerInsightsSandbox,
} from '../../sandbox/customer-insights/customer-insights-sandbox.ts';
import { contosoInstanceId } from '../../sandbox/customer-insights/seed/seeded-instances.ts';
import { inputLabels } from '../../shared/input-labels.ts';
import type { CallResult } from '../helpers/called-functions.ts';
import { functionsInProcess, type FunctionsInProcess } from '../helpers/functions-in-process.ts';
import { manualClock } from '../helpers/manual-clock.ts';
import { mistakes, type Mistake } from './mistakes.ts';

const FILE = 'docs/mistakes.md';
const operations = operationsOf(connectorDefinition('1.0.0'));
/** What the platform alone asks for. */
const ofMakers = operations.filter(({ operation }) => operation['x-ms-visibility'] !== 'internal');

const clock = manualClock();
const opened = new Map<Mistake['where'], FunctionsInProcess>();
/** Ids that are known only when they are made, by the word that stands for them in the table. */
const made = new Map<string, string>();
let sandbox: CustomerInsightsSandbox;
const results = new Map<Mistake, CallResult>();

const settings: Readonly<Record<NonNullable<Mistake['where']>, Readonly<Record<string, string>>>> = {
  'one-instance-allowed': { ALLOWED_INSTANCES: contosoInstanceId },
  'data-actions-off': { DATA_ACTIONS: 'off' },
  'two-calls-allowed': { RATE_LIMIT_CALLS: '2' },
  'one-subscription-allowed': { MAX_SUBSCRIPTIONS_PER_CONNECTION: '1' },
  'insights-down': { CUSTOMER_INSIGHTS_API_URL: 'http://127.0.0.1:1/v1' },
};

function backendOf(where: Mistake['where']): FunctionsInProcess {
  const known = opened.get(where);
  if (known) return known;
  const started = functionsInProcess({ url: sandbox.url, clock, ...(where && { settings: settings[where] }) });
  opened.set(where, started);
  return started;
}

beforeAll(async () => {
  sandbox = await startCustomerInsightsSandbox({ clock });
  const instanceId = contosoInstanceId;
  const { control } = sandbox;
  for (const [name, value] of [
    ['BestSeller', 'Espresso machine'],
    ['LastOrder', '2026-11-22T18:30:00Z'],
  ] as const) {
    control.addMeasure({ instanceId, name, value });
  }
  await prepare();
  for (const mistake of mistakes) results.set(mistake, await ask(mistake));
});
afterAll(async () => {
  await Promise.all([...opened.values()].map((each) => each.close()));
  await sandbox.stop();
});

/** What has to be there for a mistake to be one. */
async function prepare(): Promise<void> {
  const trigger = 'segment-threshold-crossed';
  const path = `triggers/${trigger}/subscriptions`;
  let flows = 0;
  const subscribe = async (label: string, headers: Record<string, string> = {}, where?: Mistake['where']) => {
    flows += 1;
    const callbackUrl = `https://prod-12.westeurope.logic.azure.com/workflows/${flows}?sig=secret`;
    const body = { callbackUrl, instanceId: contosoInstanceId, segmentName: 'ChurnRisk', threshold: 190, label };
    const answer = await backendOf(where).ask({ method: 'POST', path, body, headers });
    if (answer.status !== 201) throw new Error(JSON.stringify(answer));
    return String(answer.body['id']);
  };
  await subscribe('Churn alarm');
  await subscribe('Twice');
  await subscribe('Twice');
  made.set('THEIRS', await subscribe('Theirs', { 'x-functions-key': 'of-somebody-else' }));
  const flow = { 'x-ms-workflow-id': 'saved-again', 'x-ms-workflow-operation-name': 'When' };
  made.set('SUPERSEDED', await subscribe('Saved again', flow));
  await subscribe('Saved again', flow);
  for (const where of ['two-calls-allowed', 'two-calls-allowed', 'one-subscription-allowed'] as const)
    await subscribe('first', {}, where);

  const added = sandbox.control.addDataSource({ instanceId: contosoInstanceId, name: 'Old shop' });
  sandbox.control.changeDataSource({ instanceId: contosoInstanceId, dataSourceId: added.dataSourceId, active: false });
  made.set('OLD', added.dataSourceId);
  const entities = `instances/${contosoInstanceId}/entities`;
  const listed = await backendOf(undefined).ask({ method: 'GET', path: entities });
  const ingested = (listed.body['value'] as { id: string }[]).find(({ id }) => /^[^_]+_./.test(id));
  made.set('INGESTED', ingested?.id ?? '');
  const items = await backendOf(undefined).ask({ method: 'GET', path: `${entities}/Customer/items?$top=1` });
  made.set('FIRST', String((items.body['value'] as { CustomerId: string }[])[0]?.CustomerId));
  const body = { ActivityId: 'twice', CustomerId: made.get('FIRST') };
  await backendOf(undefined).ask({ method: 'POST', path: `${entities}/UnifiedActivity/items`, body });
}

async function ask({ operationId, inputs, where }: Mistake): Promise<CallResult> {
  const found = operations.find(({ operation }) => operation.operationId === operationId);
  if (found === undefined) throw new Error(`the connector has no operation ${operationId}`);
  const { body, ...given } = inputs;
  const parameters = (found.operation.parameters ?? []).filter((one): one is PlainParameter => one.in !== 'body');
  let path = found.path.slice(1);
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined) continue;
    const text = typeof value === 'string' ? (made.get(value) ?? value) : JSON.stringify(value);
    const parameter = parameters.find((one) => one.name === name);
    if (parameter?.in !== 'path') query.set(name, text);
    else {
      const encoded = encodeURIComponent(text);
      path = path.replace(
        `{${name}}`,
        parameter['x-ms-url-encoding'] === 'double' ? encodeURIComponent(encoded) : encoded,
      );
    }
  }
  const resolved =
    typeof body === 'object' && body !== null && !Array.isArray(body)
      ? Object.fromEntries(
          Object.entries(body).map(([name, value]) => [name, made.get(String(value)) ?? (value as unknown)]),
        )
      : body;
  return backendOf(where).ask({
    method: found.method.toUpperCase(),
    path: query.size > 0 ? `${path}?${query.toString()}` : path,
    ...(resolved !== undefined && { body: resolved }),
  });
}

test('every trigger and action that a maker sees has a mistake, and there are forty at least', () => {
  const without = ofMakers
    .map(({ operation: { operationId } }) => operationId)
    .filter((operationId) => !mistakes.some((mistake) => mistake.operationId === operationId));
  expect(without).toEqual([]);
  expect(mistakes.length).toBeGreaterThanOrEqual(40);
});

test('every refusal and every warning says what to do', () => {
  const advises =
    /\b(choose|enter|write|send|did you mean|must|use|give|leave|ask|take|correct|try again|run|delete|can allow|activates|nothing to do|starts only after)\b/i;
  const silent = mistakes.flatMap((mistake) => {
    if (mistake.answer === 'done') return [];
    const said = saidTo(mistake);
    return advises.test(said) ? [] : [`${mistake.operationId}, ${mistake.made}: ${said}`];
  });
  expect(silent).toEqual([]);
});

test('no answer to a mistake on a card has a name that no card shows', () => {
  const hidden = Object.keys(inputLabels).filter((name) => /[A-Z$]/.test(name));
  const isHidden = (word: string): boolean => hidden.includes(word) || ['ISO', 'GUID', 'OData'].includes(word);
  const named = mistakes.flatMap((mistake) => {
    if (mistake.made.startsWith('by hand')) return [];
    // The message of Customer Insights is repeated as it is.
    const said = saidTo(mistake).replace(/^Customer Insights refused the call: [^.]*\./, '');
    return (said.match(/\$?\w+/g) ?? []).filter(isHidden).map((word) => `${mistake.made}: ${word}`);
  });
  expect(named).toEqual([]);
});

describe('the answer', () => {
  test.each(mistakes.map((mistake) => [mistake.operationId, mistake.made, mistake] as const))(
    'of %s to %s',
    (_, __, mistake) => {
      const answer = results.get(mistake);
      if (mistake.answer === 'done') {
        expect(answer).toMatchObject({ status: expect.any(Number) });
        expect(answer?.status).toBeLessThan(300);
        expect(answer?.body).not.toHaveProperty('warnings');
      } else if (mistake.answer === 'warned') {
        expect(answer).toMatchObject({ status: 201, body: { warnings: [expect.any(String)] } });
      } else {
        expect(answer).toMatchObject({ body: { code: mistake.answer } });
      }
    },
  );
});

test('the document has each of them with its answer', () => {
  const document = documentOf();
  if (process.env['WRITE_MISTAKES'] === 'yes') writeFileSync(FILE, document);
  expect(unaligned(readFileSync(FILE, 'utf8'))).toBe(unaligned(document));
});

/** The words of an answer. Empty when there is nothing to say. */
function saidTo(mistake: Mistake): string {
  const { detail = '', warnings = [] } = (results.get(mistake)?.body ?? {}) as { detail?: string; warnings?: string[] };
  return [detail, ...warnings].join(' ').trim();
}

/** The formatter fills up the cells of a table. */
function unaligned(document: string): string {
  return document.replaceAll(/ +/g, ' ').replaceAll(/-{3,}/g, '---').trim();
}

function documentOf(): string {
  const lines = [
    '# Mistakes and their answers',
    '',
    'The answers of the service to mistakes in the triggers and actions of the connector. Power Automate shows an answer in the details of the trigger or',
    'action. A warning does not refuse anything: the flow is subscribed, and _List subscriptions_ shows the warning too. The _operator_ is whoever runs the',
    'service.',
    '',
    'The number is the HTTP status: 201 the flow is subscribed, 202 the test event is on its way, 204 done, 4xx refused, 503 not possible at the moment. The',
    'name after it is the [problem code](errors.md). _By hand_ marks mistakes that the cards of Power Automate prevent. They are made by programs that call the',
    'service, and in the code of a flow. Their answers may use the names of the HTTP API.',
    '',
    'This page is generated: `tests/mistakes` makes each mistake and compares the answer.',
    '',
  ];
  for (const { operation } of ofMakers) {
    lines.push(`## ${operation.summary}`, '', '| what a maker does | answer |', '| --- | --- |');
    for (const mistake of mistakes) {
      if (mistake.operationId === operation.operationId) lines.push(`| ${mistake.made} | ${shown(mistake)} |`);
    }
    lines.push('');
  }
  return lines.join('\n');
}

function shown(mistake: Mistake): string {
  const { status, body } = results.get(mistake) ?? { status: 0, body: {} };
  if (mistake.answer === 'done') return `${status}: ${meanings[status] ?? ''}`;
  if (mistake.answer === 'warned')
    return `${status} with the warning: ${cell((body['warnings'] as string[]).join(' '))}`;
  return `${status} \`${String(body['code'])}\`: ${cell(String(body['detail']))}`;
}

/** What a success means to a maker. */
const meanings: Readonly<Record<number, string>> = {
  201: 'no mistake: the flow is subscribed',
  202: 'no mistake: the test event is on its way',
  204: 'no mistake: the subscription does not exist any more',
};

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('*', '\\*').replaceAll('<', '&lt;').replaceAll('_', '\\_');
}
