import type { Plan } from './plan.ts';

/** The instances and subjects of a simulation, as Customer Insights writes them. */
export interface Names {
  /** The first one has the flows of the plan, and each of the others one of its neighbours. */
  readonly instances: readonly [string, ...string[]];
  readonly segment: string;
  readonly measure: string;
  readonly sources: readonly { readonly id: string; readonly name: string }[];
  /** The form in which jobs name a data source. */
  readonly idInJob: (dataSourceId: string) => string;
  readonly jobId: (number: number) => string;
  readonly taskId: (number: number) => string;
}

const USUAL: Omit<Names, 'instances'> = {
  segment: 'vip',
  measure: 'revenue',
  sources: [
    { id: 'aaaaaaaa-0000-0000-0000-000000000001', name: 'CRM' },
    { id: 'aaaaaaaa-0000-0000-0000-000000000002', name: 'Web' },
  ],
  idInJob: (id) => id,
  jobId: (number) => `job-${number}`,
  taskId: (number) => `task-${number}`,
};

/** The documented example of a job quotes the ids of data sources, and their case varies. */
const ODD: Omit<Names, 'instances'> = {
  segment: String.raw`Größe "VIP" #1/2? \ 100%~! 🙂`,
  measure: 'revenue|€ o;s:v',
  sources: [
    { id: 'AAAAAAAA-0000-0000-0000-00000000000B', name: 'CRM/1 #?' },
    { id: 'AAAAAAAA-0000-0000-0000-00000000000C', name: 'İnternet "Web"' },
  ],
  idInJob: (id) => `'${id.toLowerCase()}'`,
  jobId: (number) => `JOB/${number}#É?!~`,
  taskId: (number) => `{TASK-${number}}`,
};

/** Keys of instances are in lower case, however Customer Insights and flows write them. */
export function storedId(instanceId: string): string {
  return instanceId.toLowerCase();
}

export function namesOf({ oddIds, neighbours }: Pick<Plan, 'oddIds' | 'neighbours'>): Names {
  const first = oddIds ? 'ABCDEF11-2222-3333-4444-555555555555' : '11111111-2222-3333-4444-555555555555';
  const others = Array.from({ length: neighbours }, (_, index) =>
    oddIds ? `ABCDEF22-2222-3333-4444-55555555555${index}` : `22222222-2222-3333-4444-55555555555${index}`,
  );
  return { ...(oddIds ? ODD : USUAL), instances: [first, ...others] };
}
