import { expect, test } from '@jest/globals';
import type { Binding } from '../../../sandbox/functions-host/core-module.ts';
import { indexFunctions } from '../../../sandbox/functions-host/index-functions.ts';

function index(functions: Record<string, Partial<Binding>>, environment: Record<string, string> = {}) {
  const log: string[] = [];
  const registered = Object.entries(functions).map(([name, trigger]) => ({
    metadata: {
      name,
      bindings: { trigger: { type: 'httpTrigger', direction: 'in' as const, methods: ['GET'], ...trigger } },
    },
    callback: () => undefined,
  }));
  const found = indexFunctions({ registered, routePrefix: 'api', environment, log: (_, __, text) => log.push(text) });
  return { found, log: log.join('\n') };
}

test('functions are in the order of their names as the real host compares them: upper case, an underscore after letters', () => {
  const { found } = index({ b_c: {}, bA: {}, a: {}, Bz: {}, B: {} });
  expect(found.map(({ name }) => name)).toEqual(['a', 'B', 'bA', 'Bz', 'b_c']);
});

test.each([
  ['bad name!', {}, 'its name is not valid'],
  ['timer', { type: 'timerTrigger', schedule: '%NOT_SET%' }, 'no NCRONTAB expression'],
  ['queue', { type: 'queueTrigger', queueName: '%NOT_SET%' }, 'its queue name is not valid'],
  ['queue', { type: 'queueTrigger', queueName: 'a_b' }, 'its queue name is not valid'],
  ['queue', { type: 'queueTrigger', queueName: 'ab' }, 'its queue name is not valid'],
  ['queue', { type: 'queueTrigger', queueName: 'abc', connection: 'Elsewhere' }, `in the setting 'Elsewhere'`],
  ['blob', { type: 'blobTrigger' }, `this host does not support the binding type 'blobTrigger'`],
])('the function %s of %j is left out, and the log says why', (name, trigger, reason) => {
  const { found, log } = index({ [name]: trigger, fine: {} });
  expect(found.map((one) => one.name)).toEqual(['fine']);
  expect(log).toContain(reason);
});

test('settings are put into queue names, which become lower case, and a connection may leave its prefix out', () => {
  const trigger = { type: 'queueTrigger', queueName: 'Work-%TIER%', connection: 'Main' };
  const { found } = index({ queue: trigger }, { TIER: 'Gold', AzureWebJobsMain: 'UseDevelopmentStorage=true' });
  expect(found).toMatchObject([{ queue: 'work-gold', connectionString: 'UseDevelopmentStorage=true' }]);
});

test.each(['/leading', 'trailing/', 'a//b', 'items/{id:int}', '{a}-{b}', '{x=1}', '{a?}/b', '{*a}/b'])(
  'the route %s ends the host rather than being matched wrongly',
  (route) => {
    expect(() => index({ one: { route } })).toThrow(route);
  },
);
