import { shaped } from '../http/response.ts';
import type { Route } from '../http/router.ts';
import type { DataSourceMetadata, MeasureMetadata, SegmentMetadata } from '../state/documented-shapes.ts';
import type { SandboxModel } from '../model.ts';
import { countIn, flag, instanceRoutes, notFound } from './on-instance.ts';

/** Days of history when the call names none: the defaults of the generated clients. */
const segmentHistoryDays = 10;
const measureHistoryDays = 30;

/** The list of measures has no history option. */
const noOptions = new URLSearchParams();

/** Routes for instances, data sources, segments and measures. */
export function manageRoutes(model: SandboxModel): Route[] {
  const route = instanceRoutes(model);
  return [
    {
      method: 'GET',
      path: '/v1/instances',
      answer: () =>
        shaped(
          200,
          model.instances.map(({ metadata }) => ({
            instanceId: metadata.instanceId,
            name: metadata.name,
            instanceType: metadata.instanceType,
            expiryTimeUtc: metadata.expiryTimeUtc,
            scaleUnitId: 'sandbox-su-1',
            azureRegion: metadata.azureRegion,
            platformType: metadata.platformType,
          })),
        ),
    },
    route('GET', '', ({ metadata }) => shaped(200, metadata)),
    // Before the route by id, which would read "v2" as an id.
    route('GET', '/manage/datasources/v2', ({ dataSources }) => shaped(200, dataSources.map(dataSourceInfo))),
    route('GET', '/manage/datasources', ({ dataSources }) => shaped(200, dataSources.map(dataSourceInfo))),
    route('GET', '/manage/datasources/{dataSourceId}', ({ dataSources }, request) => {
      const id = request.param('dataSourceId').toLowerCase();
      const dataSource = dataSources.find(({ dataSourceId }) => dataSourceId === id);
      return dataSource === undefined
        ? notFound(request, 'dataSourceNotFound', `There is no data source ${id}.`)
        : shaped(200, dataSourceInfo(dataSource));
    }),
    route('GET', '/manage/segments', ({ segments }, { query }) => {
      const listed = segments.slice(0, countIn(query, 'numberOfSegments', segments.length));
      return shaped(
        200,
        listed.map((segment) => segmentInfo(model, segment, query)),
      );
    }),
    route('GET', '/manage/measures', ({ measures }) =>
      shaped(
        200,
        measures.map((measure) => measureInfo(model, measure, noOptions)),
      ),
    ),
    route('GET', '/manage/measures/{measureName}', ({ measures }, request) => {
      const measure = measures.find(({ name }) => name === request.param('measureName'));
      return measure === undefined
        ? notFound(request, 'resourceMetadataNotFoundError', `There is no measure '${request.param('measureName')}'.`)
        : shaped(200, measureInfo(model, measure, request.query));
    }),
  ];
}

function dataSourceInfo(dataSourceMetadata: DataSourceMetadata) {
  return { dataSourceMetadata };
}

function segmentInfo(model: SandboxModel, segment: SegmentMetadata, query: URLSearchParams) {
  const { evaluationStatusHistory, ...info } = segment;
  if (!flag(query, 'includeHistoricStats')) return info;
  const recent = sinceDaysAgo(model, countIn(query, 'historicStatsDays', segmentHistoryDays));
  const history = evaluationStatusHistory.filter(({ evaluationDate }) => recent(evaluationDate));
  return { ...info, evaluationStatusHistory: inOrder(model, history) };
}

function measureInfo(model: SandboxModel, measure: MeasureMetadata, query: URLSearchParams) {
  const { evaluationHistory, outputHistory, ...info } = measure;
  if (!flag(query, 'includeHistoricStats')) return info;
  const recent = sinceDaysAgo(model, countIn(query, 'historicStatsDays', measureHistoryDays));
  const evaluations = evaluationHistory.filter(({ endTime }) => recent(endTime));
  const outputs = outputHistory.filter(({ evaluationTime }) => recent(evaluationTime));
  return { ...info, evaluationHistory: inOrder(model, evaluations), outputHistory: inOrder(model, outputs) };
}

function sinceDaysAgo({ clock }: SandboxModel, days: number): (instant: string | null) => boolean {
  const sinceMs = clock.now() - days * 24 * 3_600_000;
  return (instant) => instant !== null && Date.parse(instant) >= sinceMs;
}

function inOrder<T>({ behaviour }: SandboxModel, history: readonly T[]): readonly T[] {
  return behaviour.newestHistoryFirst ? history.toReversed() : history;
}
