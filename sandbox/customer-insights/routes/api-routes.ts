import type { Route } from '../http/router.ts';
import type { SandboxModel } from '../model.ts';
import { dataRoutes } from './data-routes.ts';
import { manageRoutes } from './manage-routes.ts';
import { partitionRoute } from './partitions.ts';
import { workflowRoutes } from './workflow-routes.ts';
import { writeRoutes } from './write-routes.ts';

/** All routes, in the order in which they are tried. */
export function apiRoutes(model: SandboxModel): Route[] {
  return [
    ...manageRoutes(model),
    ...workflowRoutes(model),
    ...dataRoutes(model),
    ...writeRoutes(model),
    partitionRoute(model),
  ];
}
