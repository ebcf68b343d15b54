import { Ajv } from 'ajv';

/**
 * JSON schemas of the documented shapes, written down from Microsoft's generated clients, version
 * 1.0.8. Every documented property is listed; no other may be answered. Enums hold all documented
 * values.
 */
type Schema = Readonly<Record<string, unknown>>;

const text: Schema = { type: 'string' };
const flag: Schema = { type: 'boolean' };
const whole: Schema = { type: 'integer' };
const guid: Schema = { type: 'string', pattern: '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$' };
const instant: Schema = { type: 'string', pattern: '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d+)?Z$' };
const anything: Schema = {};
const listOf = (items: Schema): Schema => ({ type: 'array', items });
const mapOf = (values: Schema): Schema => ({ type: 'object', additionalProperties: values });
const oneOf = (values: string): Schema => ({ enum: values.split(' ') });
const object = (properties: Readonly<Record<string, Schema>>, required: string): Schema => ({
  type: 'object',
  properties,
  required: required.split(' '),
  additionalProperties: false,
});

const provisioningState = oneOf(
  'new creating active createFailed updateFailed deleting refreshCredentials resetInstanceInProgress updating quickUpdate deactivated',
);
const revision = {
  version: whole,
  updatedBy: text,
  updatedUtc: instant,
  createdBy: text,
  createdUtc: instant,
  instanceId: guid,
};
const instanceType = oneOf('trial sandbox production pitchDemo pov');
const schedule = {
  isActive: flag,
  timezoneId: text,
  cronSchedules: listOf(text),
  scheduleId: guid,
  instanceId: guid,
};
const stringInfo = object({ value: text, key: text, args: listOf(text) }, 'value key args');
const ciResult: Schema = object(
  {
    exceptionCulprit: oneOf('system user external'),
    errorCode: text,
    resultSeverity: oneOf('error warning recommendation'),
    message: text,
    name: text,
    params: mapOf(anything),
    ciResults: listOf(anything),
  },
  'errorCode message',
);

const instanceInfo = object(
  {
    instanceId: guid,
    name: text,
    instanceType,
    expiryTimeUtc: instant,
    maxTrialExtensionsAllowed: whole,
    trialExtensionHistory: text,
    scaleUnitId: text,
    azureRegion: text,
    platformType: text,
  },
  'instanceId name instanceType scaleUnitId azureRegion platformType',
);

const instanceMetadata = object(
  {
    isB2B: flag,
    isB2C: flag,
    isByoPbi: flag,
    isByoSynapse: flag,
    isCdsMdlOrCdsByodl: flag,
    name: text,
    provisioningState,
    instanceType,
    refreshSchedule: object(schedule, 'isActive timezoneId cronSchedules scheduleId'),
    expiryTimeUtc: instant,
    region: text,
    cdsOrgInfo: object({ friendlyName: text, url: text, state: text, location: text, environmentSku: text }, 'url'),
    platformType: text,
    azureRegion: text,
    ...revision,
  },
  'instanceId name instanceType provisioningState cdsOrgInfo isB2B isB2C version',
);

const dataSourceInfo = object(
  {
    dataSourceMetadata: object(
      {
        kind: oneOf(
          'salesforce dynamics365 powerQuery attachCdm attachSynapse attachCds powerPlatform datahub firstParty',
        ),
        isActive: flag,
        entityNames: listOf(text),
        entitiesCount: whole,
        dataSourceId: guid,
        name: text,
        friendlyName: text,
        entityInformation: listOf(object({ entityName: text, primaryKey: text, entityType: text }, 'entityName')),
        provisioningState,
        lastRefresh: instant,
        refreshState: oneOf('notUpdated updated updating updateFailed updateCancelled'),
        incrementalRefreshProperties: listOf(anything),
        modelJsonPath: text,
        ...revision,
      },
      'kind isActive entityNames entitiesCount dataSourceId name friendlyName provisioningState refreshState',
    ),
    model: anything,
  },
  'dataSourceMetadata',
);

const segmentStatus = oneOf('None Queued Running CompletedSuccess CompletedFailure Cancelled Interrupted NotQualified');
const segmentMetadata = object(
  {
    kind: oneOf('default engagement'),
    name: text,
    friendlyName: text,
    description: text,
    segmentQueryExpression: anything,
    state: oneOf('inactive active validating validated invalid validationError'),
    errorDescription: text,
    endDate: instant,
    evaluationStatus: object(
      {
        jobStatus: segmentStatus,
        evaluationDate: instant,
        entityCount: whole,
        error: stringInfo,
        lastSuccessfulRunId: guid,
      },
      'jobStatus',
    ),
    sqlValidationStats: anything,
    evaluationStatusHistory: listOf(
      object(
        { evaluationDate: instant, entityCount: whole, jobStatus: segmentStatus, error: stringInfo },
        'evaluationDate jobStatus',
      ),
    ),
    segmentQueryStats: anything,
    ...revision,
  },
  'kind name friendlyName state evaluationStatus version instanceId',
);

const evaluation = object(
  {
    lastSuccessfulRunId: guid,
    state: oneOf('none running failed completed'),
    endTime: instant,
    error: text,
  },
  'state',
);
const scalarOutput = object(
  { values: mapOf(text), measureName: text, evaluationTime: instant },
  'values measureName evaluationTime',
);
const measureMetadata = object(
  {
    displayName: text,
    name: text,
    description: text,
    definition: object(
      {
        kind: oneOf('entity attribute'),
        isScalar: flag,
        linkedEntities: listOf(object({ kind: text, entity: text, alias: text }, 'entity alias')),
        variables: listOf(anything),
        filters: anything,
        filteringCriteria: anything,
        dimensions: listOf(
          object(
            {
              field: text,
              alias: text,
              displayName: text,
              order: whole,
              bucket: oneOf('none day month year'),
              isReadOnly: flag,
            },
            'field alias',
          ),
        ),
        aggregates: listOf(
          object(
            {
              operation: oneOf('sum avg min max count countDistinct first last argMax argMin'),
              field: text,
              alias: text,
              displayName: text,
              order: whole,
            },
            'operation field alias',
          ),
        ),
        isProfile: flag,
        measureQuerySql: text,
        type: oneOf('structured manual'),
        isManualQueryScalar: flag,
        dependencies: listOf(anything),
      },
      'kind isScalar dimensions aggregates isProfile type isManualQueryScalar',
    ),
    latestEvaluation: evaluation,
    output: scalarOutput,
    evaluationStats: object({ lastSuccessful: instant, consecutiveFailureCount: whole }, 'consecutiveFailureCount'),
    errorDescription: stringInfo,
    sqlValidationStats: anything,
    evaluationHistory: listOf(evaluation),
    outputHistory: listOf(scalarOutput),
    isTemplate: flag,
    templateId: guid,
    isCreatedFromTemplate: flag,
    ...revision,
  },
  'displayName name definition latestEvaluation evaluationStats version instanceId',
);

const workflowStatus = oneOf('queued needsUpdate running failed timedOut aborted deleted successful skipped');
const operationType = oneOf(
  'none ingestion derivedEntity hierarchy dataPreparation map realtimeM3Search match merge profileStore search activity contact attributeMeasures entityMeasures measures segmentation segmentMembership enrichment preEnrichment transform intelligence aiBuilder insights export modelManagement relationship roleAssignment analysis semanticEntity all',
);
const subType = oneOf(
  'noSubType templatedMeasures createAnalysisModel linkAnalysisModel singleActivityMapping powerPlatform',
);
const additionalInfo = object({ kind: text }, 'kind');
const errors = { ciError: ciResult, ciErrors: listOf(ciResult) };

const graphTaskInfo = object(
  {
    taskId: guid,
    taskStatus: workflowStatus,
    operationType,
    subType,
    jobIds: listOf(guid),
    friendlyName: text,
    endTimestamp: instant,
    ...errors,
    waitingTaskIds: listOf(guid),
    additionalInfo,
    submittedTimestamp: instant,
  },
  'taskId taskStatus operationType subType jobIds friendlyName submittedTimestamp',
);

const jobType = oneOf('full incremental');
const graphJobInfo = object(
  {
    jobId: guid,
    jobType,
    jobSubmissionKind: oneOf('onDemand scheduled'),
    jobStatus: workflowStatus,
    operationType,
    subType,
    endTimestamp: instant,
    shouldForceRunRequestedNodes: flag,
    tasks: listOf(graphTaskInfo),
    idList: listOf(text),
    options: { type: 'object', properties: { runDownstreamAfterMerge: flag } },
    submittedTimestamp: instant,
  },
  'jobId jobType jobSubmissionKind jobStatus operationType submittedTimestamp idList',
);

const graphNodeInfo = object(
  {
    operationType,
    subType,
    identifier: text,
    friendlyName: text,
    jobIds: listOf(guid),
    taskStatus: workflowStatus,
    lastSuccessJobIds: listOf(guid),
    endTimestamp: instant,
    lastSuccessfulTimestamp: instant,
    ...errors,
    additionalInfo,
    selectionReason: object(
      {
        code: oneOf(
          'unknown requested firstRun unsuccessful lastRunSkipped alreadyRunning modifiedInputs upstreamRerunning dependantSystemNode dependsOnMerge',
        ),
        details: text,
      },
      'code',
    ),
  },
  'operationType friendlyName jobIds taskStatus',
);

const attributeMetadata = object(
  {
    name: text,
    friendlyName: text,
    baseName: text,
    dataType: { type: 'string', pattern: '^Edm\\.' },
    semanticType: text,
    searchProperties: object(
      { isSearchable: flag, isFilterable: flag, isFacetable: flag, isSortable: flag, facetSpecification: text },
      'isSearchable isFilterable',
    ),
  },
  'name dataType',
);
const entityMetadata = object(
  {
    name: text,
    qualifiedEntityName: text,
    dataSourceName: text,
    datasourceId: guid,
    entityType: oneOf(
      'unspecified profile conflationMap activity aggregateKpi profileKpi unifiedActivity segment intelligence genericPrediction enrichment insights derivedEntity corrupt selfConflation conflationManualReview selfConflationManualReview semanticActivity segmentMembership hierarchy dataLineage transform semanticEntity',
    ),
    attributes: listOf(attributeMetadata),
    keys: listOf(listOf(attributeMetadata)),
    relationships: listOf(anything),
    refreshTime: instant,
    partitions: listOf(
      object(
        {
          name: text,
          location: text,
          refreshTime: instant,
          fileFormatSettings: anything,
          isCIGenerated: flag,
          forceSasAuth: flag,
          hasHeader: flag,
        },
        'name location',
      ),
    ),
  },
  'name qualifiedEntityName entityType attributes keys partitions',
);

/** By the name of the documented shape. */
export const documented = {
  'InstanceInfo[]': listOf(instanceInfo),
  InstanceMetadata: instanceMetadata,
  'DataSourceInfo[]': listOf(dataSourceInfo),
  DataSourceInfo: dataSourceInfo,
  'SegmentMetadata[]': listOf(segmentMetadata),
  'MeasureMetadata[]': listOf(measureMetadata),
  MeasureMetadata: measureMetadata,
  'GraphJobInfo[]': listOf(graphJobInfo),
  GraphJobInfo: graphJobInfo,
  'GraphNodeInfo[]': listOf(graphNodeInfo),
  'GraphTaskInfo[]': listOf(graphTaskInfo),
  'WorkflowRefreshSchedule[]': listOf(
    object(
      { operationType, subType, identifiers: listOf(text), jobType, ...schedule },
      'operationType isActive timezoneId cronSchedules scheduleId',
    ),
  ),
  IC360EntityModel: object({ instanceId: guid, entities: listOf(entityMetadata) }, 'instanceId entities'),
  IEntityMetadata: entityMetadata,
  EntitySize: object({ qualifiedEntityName: text, size: whole, rowCount: whole }, 'qualifiedEntityName size rowCount'),
  ODataEntityPayload: object(
    { '@odata.context': text, '@odata.count': whole, value: listOf({ type: 'object' }) },
    '@odata.context value',
  ),
  ODataError: object(
    {
      errorCode: text,
      message: text,
      target: text,
      details: listOf(object({ errorCode: text, message: text, target: text }, 'errorCode message')),
      innerError: anything,
    },
    'errorCode message',
  ),
  ApiErrorResult: object(
    {
      exception: anything,
      httpStatusCode: text,
      exceptionCulprit: oneOf('system user external'),
      errorCode: text,
      resultSeverity: oneOf('error warning recommendation'),
      message: text,
      name: text,
      params: mapOf(anything),
      ciResults: listOf(ciResult),
    },
    'httpStatusCode exceptionCulprit errorCode resultSeverity message',
  ),
} satisfies Record<string, Schema>;

const ajv = new Ajv({ allErrors: true });

/** Where the value is not of the documented shape; empty when it is. */
export function deviations(shape: keyof typeof documented, value: unknown): string[] {
  const validate = ajv.compile(documented[shape]);
  if (validate(value)) return [];
  return (validate.errors ?? []).map(({ instancePath, message, params }) =>
    `${instancePath} ${message ?? ''} ${JSON.stringify(params)}`.trim(),
  );
}
