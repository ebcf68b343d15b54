import type { SwaggerDocument } from '../document/swagger-document.ts';
import { connectorSolution, type SolutionInput } from './connector-solution.ts';
import { flowsSolution } from './flows-solution.ts';
import { packed } from './pack.ts';

/**
 * The solution with the connector of one deployment, as a zip. It is imported first. The same input
 * gives the same bytes.
 */
export function connectorZip(input: SolutionInput): Uint8Array {
  return packed(connectorSolution(input));
}

/**
 * The solution with the flows, as a zip. It is imported second and works with the connector of any
 * deployment.
 */
export function flowsZip(definition: SwaggerDocument): Uint8Array {
  return packed(flowsSolution(definition));
}
