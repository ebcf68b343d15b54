/** The properties of a flow that the flow engine sends with a subscribe. */
export interface SubscribingWorkflow {
  readonly workflowId: string;
  readonly workflowName: string;
  readonly version: string;
  /** The trigger's name in the flow, percent-encoded because header values are ASCII. */
  readonly operationName: string;
  readonly environmentId: string;
  readonly runId: string;
  readonly trackingId: string;
}

const REGION = 'westeurope';

/**
 * The headers of a subscribe, as seen in run histories published by Microsoft (Azure SDK and Logic
 * Apps UX tests) and in certified connectors that read them. Power Automate adds those about the
 * environment. None of the headers is part of a contract.
 */
export function workflowHeaders(workflow: SubscribingWorkflow): Readonly<Record<string, string>> {
  const { workflowId, workflowName, version, operationName, environmentId, runId, trackingId } = workflow;
  return {
    'accept-language': 'ja',
    'user-agent': `azure-logic-apps/1.0,(workflow ${workflowId}; version ${version})`,
    'x-ms-execution-location': REGION,
    'x-ms-workflow-id': workflowId,
    'x-ms-workflow-version': version,
    'x-ms-workflow-name': workflowName,
    'x-ms-workflow-system-id': `/locations/${REGION}/scaleunits/prod-17/workflows/${workflowId}`,
    'x-ms-workflow-run-id': runId,
    'x-ms-workflow-operation-name': operationName,
    'x-ms-workflow-subscription-id': environmentId,
    'x-ms-workflow-resourcegroup-name': environmentId.replaceAll('-', ''),
    'x-ms-tracking-id': trackingId,
    'x-ms-correlation-id': trackingId,
    'x-ms-client-request-id': trackingId,
    'x-ms-client-tracking-id': runId,
    'x-ms-action-tracking-id': trackingId,
    'x-ms-environment-id': environmentId,
    'x-ms-client-environment-id': environmentId,
    'x-ms-client-region': REGION,
  };
}
