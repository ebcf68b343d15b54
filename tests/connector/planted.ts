import type { Connector } from '../../connector/lint/connector.ts';

/** A value that anything may be done to: what is planted breaks the types on purpose. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- a copy of a document that is to be damaged anywhere
export type Damaged = any;

/* eslint-disable @typescript-eslint/no-unsafe-member-access, @typescript-eslint/no-unsafe-assignment,
   @typescript-eslint/no-unsafe-call, @typescript-eslint/no-unsafe-return, @typescript-eslint/no-dynamic-delete --
   as above */
type Plant = (connector: Damaged) => void;

const segment = '/triggers/segment-threshold-crossed/subscriptions';
const items = '/instances/{instanceId}/entities/{entity}/items';

const trigger = ({ definition }: Damaged): Damaged => definition.paths[segment].post;
const getItems = ({ definition }: Damaged): Damaged => definition.paths[items].get;
const instances = ({ definition }: Damaged): Damaged => definition.paths['/instances'].get;
const events = ({ definition }: Damaged): Damaged => definition.paths['/events'].get;
const bodyOf = (operation: Damaged): Damaged => operation.parameters.find(({ in: where }: Damaged) => where === 'body');
const inputOf = (connector: Damaged): Damaged => bodyOf(trigger(connector)).schema.properties;
const answerOf = (operation: Damaged): Damaged => operation.responses[200].schema.properties;
const shown = (connector: Damaged): Damaged => connector.properties.properties;

/** One violation of each rule, by the rule's id. */
export const planted: Readonly<Record<string, Plant>> = {
  // the document
  TitleTooLong: (c) => (c.definition.info.title = 'Triggers for everything that happens'),
  ValueContainsRestrictedWords: (c) => (c.definition.info.title = 'Customer Insights Triggers'),
  DescriptionLengthOutOfRange: (c) => (c.definition.info.description = 'Starts flows.'),
  ContactMissing: (c) => delete c.definition.info.contact.url,
  HostMissing: (c) => (c.definition.host = ''),
  HostNotPublic: (c) => (c.definition.host = 'localhost:7071'),
  SchemeNotHttps: (c) => c.definition.schemes.push('http'),
  SecurityUndefined: (c) => c.definition.security.push({ basic: [] }),
  TestConnectionUnknown: (c) => (c.definition['x-ms-capabilities'].testConnection.operationId = 'ListSegments'),
  ConnectorMetadataMissing: (c) => c.definition['x-ms-connector-metadata'].shift(),
  CategoryUnknown: (c) => (c.definition['x-ms-connector-metadata'][2].propertyValue = 'Data;Weather'),
  DefinitionTooLong: (c) => (instances(c).description = `${'Very '.repeat(100_000)}long.`),
  // operations
  OperationIdMissing: (c) => (instances(c).operationId = ''),
  OperationIdNotUnique: (c) => (getItems(c).operationId = 'GETITEM'),
  OperationIdSanitized: (c) => (instances(c).operationId = 'list-instances'),
  OperationIdTooLong: (c) => (instances(c).operationId = `List${'Instances'.repeat(10)}`),
  TooManyOperations: (c) => {
    for (let n = 0; n < 250; n++) c.definition.paths[`/copy${n}`] = structuredClone(c.definition.paths['/instances']);
  },
  OperationShouldHaveSuccessfulResponse: (c) => delete instances(c).responses[200],
  OperationHasManyResponsesWithSchema: (c) => (instances(c).responses[201] = instances(c).responses[200]),
  DefaultResponseHasSchema: (c) => (instances(c).responses.default = instances(c).responses[200]),
  RefusalHasSchema: (c) => (instances(c).responses[404] = instances(c).responses[200]),
  UnsupportedMimeType: (c) => c.definition.produces.push('application/xml'),
  InvalidNextLinkNameValue: (c) => (events(c)['x-ms-pageable'].nextLinkName = 'next'),
  NextLinkNotAnswered: (c) => delete answerOf(events(c)).nextLink,
  PageableUndeclared: (c) => delete events(c)['x-ms-pageable'],
  ApiAnnotationMissing: (c) => delete instances(c)['x-ms-api-annotation'],
  FamilyHasManyOperations: (c) => {
    for (const operation of [instances(c), events(c)]) {
      operation['x-ms-api-annotation'] = { family: 'Lists', revision: 1, status: 'Production' };
    }
  },
  DeprecatedUnmarked: (c) => (instances(c).deprecated = true),
  ProductionStatusOnBetaService: (c) => {
    c.definition.info['x-ms-api-annotation'] = { status: 'Preview' };
    instances(c)['x-ms-api-annotation'] = { status: 'Production' };
  },
  // paths and parameters
  OperationPathMayNotContainQueryOrFragment: (c) => move(c, '/events', '/events?test=false'),
  PathRedefined: (c) => (c.definition.paths['/Events'] = {}),
  DuplicateOperationPath: (c) => (c.definition.paths['/instances/{id}/segments'] = {}),
  PartialDuplicateOperationPath: (c) => {
    const { get } = c.definition.paths['/instances/{instanceId}/segments'];
    c.definition.paths['/instances/all/segments'] = { get: { ...get, operationId: 'ListAllSegments' } };
  },
  PathParameterNotDefinedInTemplate: (c) => move(c, items, '/instances/{instanceId}/entities/all/items'),
  PathTemplateNotDefined: (c) => move(c, '/events', '/events/{kind}'),
  PathParameterMissingEncoding: (c) => delete getItems(c).parameters[0]['x-ms-url-encoding'],
  PathParameterMustBeRequired: (c) => (getItems(c).parameters[0].required = false),
  ParameterNotUnique: (c) => getItems(c).parameters.push(getItems(c).parameters[3]),
  BodyNotAllowedInGet: (c) => getItems(c).parameters.push(bodyOf(trigger(c))),
  ConnectionIdParameterNotAllowed: (c) => (events(c).parameters[1].name = 'connectionId'),
  // schemas
  ArrayHasNoItems: (c) => delete answerOf(instances(c)).value.items,
  EmptyObject: (c) => (answerOf(instances(c)).value.items.properties = {}),
  RequiredPropertyDefinitionMissing: (c) => answerOf(instances(c)).value.items.required.push('owner'),
  TypeMayBeNull: (c) => (inputOf(c).label.type = ['string', 'null']),
  InternalPropertyWithDefaultOptional: (c) =>
    Object.assign(inputOf(c).label, { 'x-ms-visibility': 'internal', default: 'none' }),
  InternalPropertyRequiredWithoutDefault: (c) => (inputOf(c).threshold['x-ms-visibility'] = 'internal'),
  AdditionalPropertyNotAllowedAdjacentToRef: (c) => (inputOf(c).label.$ref = '#/info'),
  RefNotFound: (c) => (inputOf(c).label = { $ref: '#/definitions/Label' }),
  SchemaTooDeep: (c) => {
    let deep: Damaged = { type: 'string' };
    for (let level = 0; level < 9; level++) deep = { type: 'array', title: 'Deep', description: 'Deep.', items: deep };
    answerOf(instances(c)).value = deep;
  },
  TooManySchemas: (c) => {
    for (let n = 0; n < 520; n++) inputOf(c)[`label${n}`] = inputOf(c).label;
  },
  EnumTitlesDiffer: (c) => c.definition.paths['/triggers/{trigger}/subscriptions'].get.parameters[0].enum.pop(),
  // drop-downs
  DynamicPairIncomplete: (c) => delete inputOf(c).segmentName['x-ms-dynamic-list'],
  DynamicPairDiffers: (c) => (inputOf(c).segmentName['x-ms-dynamic-list'].itemTitlePath = 'id'),
  DynamicOperationUnknown: (c) => (inputOf(c).segmentName['x-ms-dynamic-list'].operationId = 'ListSegment'),
  DynamicPathMissing: (c) => delete inputOf(c).segmentName['x-ms-dynamic-list'].itemsPath,
  InvokedOperationShouldProduceArray: (c) => (inputOf(c).segmentName['x-ms-dynamic-list'].itemsPath = 'segments'),
  InvokedOperationShouldProduceSchema: (c) =>
    (bodyOf(c.definition.paths[items].post).schema['x-ms-dynamic-schema']['value-path'] = 'name'),
  DynamicParameterUnknown: (c) => delete inputOf(c).segmentName['x-ms-dynamic-list'].parameters,
  DynamicReferenceUnknown: (c) =>
    (inputOf(c).segmentName['x-ms-dynamic-list'].parameters.instanceId.parameterReference = 'body/callbackUrl'),
  DynamicExtensionDefinitionNotAllowedInParameter: (c) =>
    (bodyOf(trigger(c))['x-ms-dynamic-list'] = { operationId: 'ListInstances' }),
  // webhooks
  WebhookOperationsMissingNotificationUrlProperty: (c) => delete inputOf(c).callbackUrl['x-ms-notification-url'],
  NotificationUrlNotAllowedInThisPosition: (c) => (answerOf(instances(c)).value['x-ms-notification-url'] = true),
  NotificationUrlNotString: (c) => (inputOf(c).callbackUrl.type = 'object'),
  NotificationUrlNotInternal: (c) => (inputOf(c).callbackUrl['x-ms-visibility'] = 'advanced'),
  NotificationUrlNotRequired: (c) => bodyOf(trigger(c)).schema.required.shift(),
  OperationMustHaveNotificationContentExtension: (c) => delete c.definition.paths[segment]['x-ms-notification-content'],
  NotificationContentDescriptionMissing: (c) =>
    (c.definition.paths[segment]['x-ms-notification-content'].description = ' '),
  SchemaDefinitionSetIncorrectly: (c) => (trigger(c).responses[201].schema = { type: 'object' }),
  TriggerNotPost: (c) => {
    c.definition.paths[segment].put = trigger(c);
    delete c.definition.paths[segment].post;
  },
  TriggerNotSingle: (c) => (trigger(c)['x-ms-trigger'] = 'batch'),
  TriggerHintMissing: (c) => delete trigger(c)['x-ms-trigger-hint'],
  TriggerWithoutLocation: (c) => delete trigger(c).responses[201].headers,
  TriggerWithoutUnsubscribe: (c) => (c.definition.paths[`${segment}/{id}`].delete['x-ms-visibility'] = 'advanced'),
  NotificationExtensionNotAllowed: (c) => (trigger(c)['x-ms-notification'] = { operationId: 'FullRefreshCompleted' }),
  // texts
  OperationSummaryMissing: (c) => (instances(c).summary = ''),
  OperationSummaryTooLong: (c) => (instances(c).summary = `List ${'all '.repeat(20)}instances`),
  RestrictedCharactersInSummary: (c) => (instances(c).summary = 'List instances/environments'),
  SummaryNotInSentenceCase: (c) => (instances(c).summary = 'List Instances'),
  TriggerSummaryForm: (c) => (trigger(c).summary = 'On a crossing'),
  TriggerDescriptionForm: (c) => (trigger(c).description = 'Triggers when a segment grows.'),
  ActionSummaryForm: (c) => (instances(c).summary = 'Get instances'),
  OperationDescriptionMissing: (c) => (instances(c).description = 'lists instances'),
  OperationDescriptionIsSummary: (c) => (instances(c).description = `${instances(c).summary}.`),
  ParameterSummaryMissing: (c) => delete events(c).parameters[0]['x-ms-summary'],
  PropertyTitleMissing: (c) => delete answerOf(events(c)).value.title,
  TitleNotInTitleCase: (c) => (answerOf(events(c)).value.title = 'The values'),
  FieldLengthOutOfRange: (c) => (inputOf(c).label.title = 'Label '.repeat(20).trim()),
  ParameterDescriptionMissing: (c) => delete events(c).parameters[0].description,
  PropertyDescriptionMissing: (c) => (answerOf(events(c)).value.description = 'The events'),
  ValueMustEndWithAlphanumeric: (c) => (c.definition.info.title = 'Customer Data Triggers!'),
  DescriptionHasUrl: (c) => (instances(c).description = 'This operation is described at https://contoso.example.'),
  ValueMustBeInEnglish: (c) => (instances(c).description = 'Diese Operation zählt alles auf.'),
  // properties
  BrandColorInvalid: (c) => (shown(c).iconBrandColor = '#007ee5'),
  IconSizeInvalid: (c) => (c.icon.width = 100),
  IconBackgroundDiffers: (c) => (c.icon.rgb = Buffer.alloc(230 * 230 * 3)),
  CapabilityUnknown: (c) => shown(c).capabilities.pop(),
  PublisherMissing: (c) => (shown(c).publisher = ''),
  StackOwnerNotAllowed: (c) => (shown(c).stackOwner = 'Contoso'),
  ConnectionParameterIncomplete: (c) => c.definition.security.push({ entraId: [] }),
  RedirectModeInvalid: (c) =>
    (shown(c).connectionParameters.token = { type: 'oauthSetting', oAuthSettings: { redirectMode: 'Global' } }),
  PolicyOperationUnknown: (c) =>
    shown(c).policyTemplateInstances[0].parameters['x-ms-apimTemplate-operationName'].push('GetNothing'),
  SetHeaderIncomplete: (c) =>
    shown(c).policyTemplateInstances.push({ templateId: 'setheader', title: 'Send a header', parameters: {} }),
  PageableWithoutPolicy: (c) => shown(c).policyTemplateInstances.splice(0),
};

/** Changes that would break flows in use, and what is said of each. */
export const breaking: readonly (readonly [what: string, change: Plant, sentence: string])[] = [
  [
    'an operation that is gone',
    (c) => delete c.definition.paths['/instances'].get,
    'The operation ListInstances is gone.',
  ],
  [
    'one that is called otherwise',
    (c) => (events(c).operationId = 'ListEvents'),
    'The operation ListRecentEvents is gone.',
  ],
  [
    'an input that must be given from now on',
    (c) => (events(c).parameters[1].required = true),
    'ListRecentEvents requires query/since, which it did not.',
  ],
  [
    'one of a body',
    (c) => bodyOf(trigger(c)).schema.required.push('label'),
    'SegmentThresholdCrossed requires body/label, which it did not.',
  ],
  [
    'an input that is gone',
    (c) => events(c).parameters.shift(),
    'ListRecentEvents no longer requires query/instanceId, which flows give it.',
  ],
];

function move({ definition }: Damaged, from: string, to: string): void {
  definition.paths[to] = definition.paths[from];
  delete definition.paths[from];
}

/** A copy of the connector with one violation in it. */
export function damaged({ icon, ...rest }: Connector, plant: Plant): Connector {
  const copy: Damaged = { ...structuredClone(rest), icon: { ...icon } };
  plant(copy);
  return copy as Connector;
}
