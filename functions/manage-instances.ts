import { refusal } from '../shared/problem.ts';
import { registerManageRoutes } from './operator-access.ts';
import { PAGE_PARAMETERS, pageResponse, readPage, refuseMalformedNext } from './paging.ts';
import { asFlag, countParameter, instanceParameter, isInstanceId, parameter } from './query.ts';
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

/** The maximum number of instances in one request for changes. */
const MAX_INSTANCE_IDS = 100;

function idsOf(text: string): readonly string[] | undefined {
  const ids = text.split(',').map((id) => id.trim().toLowerCase());
  return ids.length <= MAX_INSTANCE_IDS && ids.every(isInstanceId) ? [...new Set(ids)] : undefined;
}

/**
 * Registers the operator's routes for instances, for their changes and activity, and for the
 * search.
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
      query: ['instanceIds', 'polls', 'subscriptionId'],
      handle: async ({ query }) => {
        const instanceIds = parameter(
          query,
          'instanceIds',
          `1 to ${MAX_INSTANCE_IDS} instance ids, separated by commas`,
          idsOf,
        );
        if (instanceIds.kind === 'refused') return instanceIds;
        const polls = parameter(query, 'polls', 'true or false', asFlag);
        if (polls.kind === 'refused') return polls;
        const subscriptionId = query.get('subscriptionId') ?? '';
        if (subscriptionId === '') {
          const read = { instanceIds: instanceIds.value, withPolls: polls.value };
          const { marks: value, more } = await operator.changes(read);
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
        const text = parameter(query, 'q', `a text of 2 to ${MAX_TEXT_LENGTH} characters`, (given) =>
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
        const instanceId = instanceParameter(query);
        if (instanceId.kind === 'refused') return instanceId;
        const hours = countParameter(query, 'hours', { most: MAX_HOURS, otherwise: DEFAULT_HOURS });
        if (hours.kind === 'refused') return hours;
        const activity = await operator.activity({ instanceId: instanceId.value, hours: hours.value });
        return { jsonBody: activity };
      },
    },
  ]);
}
