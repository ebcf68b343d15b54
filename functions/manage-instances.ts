import { refusal } from '../shared/problem.ts';
import { registerManageRoutes } from './operator-access.ts';
import { PAGE_PARAMETERS, pageResponse, readPage, refuseMalformedNext } from './paging.ts';
import { parseBoolean, readCount, readInstanceId, isInstanceId, readParameter } from './query.ts';
import type { Registrar } from './registrar.ts';
import type { HttpDeps } from './authenticated.ts';

const INSTANCES_PATH = 'manage/instances';
/** The default and the maximum time range of the activity, in hours. */
const DEFAULT_HOURS = 24;
const MAX_HOURS = 7 * 24;
/**
 * The maximum length of a search text: twice that of a flow run's URL, which operators paste into
 * the search.
 */
const MAX_TEXT_LENGTH = 512;

/** The maximum number of instances in one request for change marks. */
const MAX_INSTANCE_IDS = 100;

function parseInstanceIds(text: string): readonly string[] | undefined {
  const ids = text.split(',').map((id) => id.trim().toLowerCase());
  return ids.length <= MAX_INSTANCE_IDS && ids.every(isInstanceId) ? [...new Set(ids)] : undefined;
}

/**
 * Registers the operator's routes for instances, their change marks and activity, and for the
 * search. A change mark is a hash that differs after a change: the dashboard loads its lists again
 * only when a mark differs. The activity is the number of deliveries in each hour, by outcome.
 */
export function registerManageInstances(app: Registrar, deps: HttpDeps): void {
  const { operator } = deps.backend;
  registerManageRoutes(app, deps, [
    {
      name: 'ManageInstances-list',
      method: 'GET',
      route: INSTANCES_PATH,
      query: PAGE_PARAMETERS,
      handle: async (request) => {
        const page = readPage(request.query);
        if (page.kind === 'refused') return page;
        const listed = await refuseMalformedNext(page, operator.listInstances(page));
        if ('kind' in listed) return listed;
        const url = `${deps.config.publicBaseUrl}/api/${INSTANCES_PATH}`;
        return pageResponse(request, page, { value: listed.instances, next: listed.next, url });
      },
    },
    {
      name: 'ManageInstances-names',
      method: 'GET',
      route: 'manage/instance-names',
      handle: async () => ({ jsonBody: { value: await operator.instanceNames() } }),
    },
    {
      name: 'ManageChanges-list',
      method: 'GET',
      route: 'manage/changes',
      // With `polls=true`, the marks differ after each poll too.
      query: ['instanceIds', 'polls', 'subscriptionId'],
      handle: async ({ query }) => {
        const instanceIds = readParameter(
          query,
          'instanceIds',
          `1 to ${MAX_INSTANCE_IDS} instance ids, separated by commas`,
          parseInstanceIds,
        );
        if (instanceIds.kind === 'refused') return instanceIds;
        const polls = readParameter(query, 'polls', 'true or false', parseBoolean);
        if (polls.kind === 'refused') return polls;
        const subscriptionId = query.get('subscriptionId') ?? '';
        if (subscriptionId === '') {
          const scope = { instanceIds: instanceIds.value, withPolls: polls.value };
          const { marks: value, more } = await operator.changes(scope);
          return { jsonBody: { value, more } };
        }
        const found = await operator.subscriptionChange(subscriptionId);
        return found.kind === 'refused' ? found : { jsonBody: { value: [found.mark] } };
      },
    },
    {
      name: 'ManageSearch-list',
      method: 'GET',
      route: 'manage/search',
      query: ['q'],
      handle: async ({ query }) => {
        const text = readParameter(query, 'q', `a text of 2 to ${MAX_TEXT_LENGTH} characters`, (given) =>
          given.length >= 2 && given.length <= MAX_TEXT_LENGTH ? given : undefined,
        );
        if (text.kind === 'refused') return text;
        if (text.value === undefined)
          return refusal('query-invalid', 'The parameter q is required. Set it to the text to search for.');
        return { jsonBody: await operator.search(text.value) };
      },
    },
    {
      name: 'ManageActivity-list',
      method: 'GET',
      route: 'manage/activity',
      query: ['instanceId', 'hours'],
      handle: async ({ query }) => {
        const instanceId = readInstanceId(query);
        if (instanceId.kind === 'refused') return instanceId;
        const hours = readCount(query, 'hours', { most: MAX_HOURS, otherwise: DEFAULT_HOURS });
        if (hours.kind === 'refused') return hours;
        const activity = await operator.activity({ instanceId: instanceId.value, hours: hours.value });
        return { jsonBody: activity };
      },
    },
  ]);
}
