import type { Route } from '../http/router.ts';
import type { World } from '../world.ts';
import { dataRoutes } from './data-routes.ts';
import { manageRoutes } from './manage-routes.ts';
import { partitionRoute } from './partitions.ts';
import { workflowRoutes } from './workflow-routes.ts';
import { writeRoutes } from './write-routes.ts';

/** Every route that is answered, in the order they are tried. */
export function apiRoutes(world: World): Route[] {
  return [
    ...manageRoutes(world),
    ...workflowRoutes(world),
    ...dataRoutes(world),
    ...writeRoutes(world),
    partitionRoute(world),
  ];
}
