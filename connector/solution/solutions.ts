import type { SwaggerDocument } from '../document/swagger-document.ts';
import { connectorSolution, type SolutionInput } from './connector-solution.ts';
import { flowsSolution } from './flows-solution.ts';
import { packed } from './pack.ts';

/** The solution that is imported first, as a zip: the connector of one deployment. The same input gives the same bytes. */
export function connectorZip(input: SolutionInput): Uint8Array {
  return packed(connectorSolution(input));
}

/** The one that is imported next: flows that use the connector, whatever deployment it is of. */
export function flowsZip(definition: SwaggerDocument): Uint8Array {
  return packed(flowsSolution(definition));
}
