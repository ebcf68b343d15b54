/**
 * The label of each input on the card of a trigger or an action, by its name in the HTTP API. The
 * connector definition is generated with these labels, and error texts use them, because a flow
 * maker sees no other names.
 */
export const inputLabels = {
  $expand: 'Expand Query',
  $filter: 'Filter Query',
  $orderby: 'Order By',
  $search: 'Search Query',
  $select: 'Select Query',
  $skip: 'Skip Count',
  $top: 'Top Count',
  caller: 'Caller',
  callbackUrl: 'Callback URL',
  dataSourceId: 'Data Source',
  days: 'Days',
  entity: 'Entity',
  id: 'Subscription',
  instanceId: 'Instance',
  itemId: 'Item ID',
  label: 'Label',
  measureName: 'Measure',
  partitionId: 'Partition',
  reportType: 'Report Type',
  segmentName: 'Segment',
  since: 'Since',
  skip: 'Skip Count',
  startedBy: 'Started By',
  threshold: 'Threshold',
  top: 'Top Count',
  trigger: 'Trigger',
  validUntil: 'Valid Until',
} as const satisfies Readonly<Record<string, string>>;

export type InputName = keyof typeof inputLabels;

/**
 * The label of an input. `undefined` for a name that no card shows, such as a parameter of the
 * operator API.
 */
export function labelOf(name: string): string | undefined {
  return Object.hasOwn(inputLabels, name) ? inputLabels[name as InputName] : undefined;
}
