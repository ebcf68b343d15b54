import type { TObject } from '@sinclair/typebox';
import type { ThresholdTrigger, Trigger } from '../triggers/trigger.ts';
import { previewRequestSchemas } from './preview-request.ts';
import { subscribeRequestSchemas } from './subscribe-request.ts';

/** An example of each required input. */
const values: Readonly<Record<string, unknown>> = {
  callbackUrl: 'https://…',
  instanceId: '0f1e2d3c-4b5a-4968-8776-655443322110',
  segmentName: 'ChurnRisk',
  measureName: 'TotalRevenue',
  threshold: 1500,
};

/** A subscribe body with the required inputs, as JSON, for error texts. */
export function subscribeExample(trigger: Trigger): string {
  return exampleOf(subscribeRequestSchemas[trigger]);
}

/** The body of a preview with the required inputs, as JSON, for error texts. */
export function previewExample(trigger: ThresholdTrigger): string {
  return exampleOf(previewRequestSchemas[trigger]);
}

/** The required inputs of a schema with their example values, as JSON. */
function exampleOf({ required = [] }: TObject): string {
  return JSON.stringify(Object.fromEntries(required.map((name) => [name, values[name]])));
}
