import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { dayChoices, hashOf, parseRoute, deliveryChoices, type Route } from '../../dashboard/live/route.ts';

const days = fc.constantFrom(...dayChoices);
const instant = fc
  .date({ noInvalidDate: true, min: new Date(0), max: new Date('2100-01-01') })
  .map((at) => at.toISOString());
const text = fc.string({ minLength: 1 }).filter((one) => one.isWellFormed());
const routes: fc.Arbitrary<Route> = fc.oneof(
  fc.constant({ view: 'overview' } as const),
  fc.record({ view: fc.constant('audit' as const), days }),
  fc.record({ view: fc.constant('recover' as const), id: fc.stringMatching(/^[\w-]+$/) }, { requiredKeys: ['view'] }),
  fc.record({
    view: fc.constant('subscriptions' as const),
    filter: fc.record(
      { instanceId: text, trigger: text, status: text, label: text, workflowId: text, sort: text },
      { requiredKeys: [] },
    ),
  }),
  fc.record(
    { view: fc.constant('subscription' as const), id: fc.stringMatching(/^[\w-]+$/), days, at: text },
    { requiredKeys: ['view', 'id', 'days'] },
  ),
  fc.record({ view: fc.constant('deliveries' as const), status: fc.constantFrom(...deliveryChoices), days }),
  fc.record(
    {
      view: fc.constant('deliveries' as const),
      status: fc.constantFrom(...deliveryChoices),
      days,
      since: instant,
      until: instant,
    },
    { requiredKeys: ['view', 'status', 'days', 'since'] },
  ),
);

test('the address of a route leads to it, whatever is in it', () => {
  fc.assert(fc.property(routes, (route) => expect(parseRoute(hashOf(route))).toEqual(route)));
});

test.each(['', '#', '#/'])('the overview is where one comes without an address: "%s"', (hash) => {
  expect(parseRoute(hash)).toEqual({ view: 'overview' });
});

test.each(['#/x', '#/subscriptions/a/b', '#/subscriptions/', '#//', '#/deliveries/dlv_1'])(
  '"%s" is nowhere',
  (hash) => {
    expect(parseRoute(hash)).toEqual({ view: 'nowhere' });
  },
);

test.each(['..%2Finstances', '%2e%2e%2finstances', 'a%2Fobservations', 'a%3Fdays=1', 'a%23', '.', '..', '%E0%A4%A'])(
  'the made-up id "%s" is nowhere, and in no path of the operator API',
  (id) => {
    expect(parseRoute(`#/subscriptions/${id}`)).toEqual({ view: 'nowhere' });
  },
);

test('what an address says and nobody knows is left out', () => {
  expect(parseRoute('#/deliveries?status=lost&days=12')).toEqual({ view: 'deliveries', status: 'dead', days: 7 });
  expect(parseRoute('#/subscriptions?colour=red&label=')).toEqual({ view: 'subscriptions', filter: {} });
});

test('a time that is none, and an end without a beginning, are not in a route', () => {
  const route = { view: 'deliveries', status: 'dead', days: 7 };
  expect(parseRoute('#/deliveries?since=yesterday')).toEqual(route);
  expect(parseRoute('#/deliveries?until=2026-11-30')).toEqual(route);
});
