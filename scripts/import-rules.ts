/**
 * The imports that one part of the project may have, in addition to its own files and Node's
 * modules.
 */
export interface ImportRule {
  /** A folder without its subfolders, or one file. */
  readonly part: string;
  /** Other parts, single files of them, or `shared/**` for the whole folder. */
  readonly imports: readonly string[];
  readonly packages: readonly string[];
}

const rootFiles = ['shared'];
/** The only backend file that the whole dashboard may import: the types of its responses. */
const answers = 'shared/operations/operator-responses.ts';
const sandboxPart = ['shared/clock.ts', 'shared/random.ts', 'shared/unreachable.ts'];

/** The allowed directions of imports, as shown in CONTRIBUTING.md. Every part needs a row. */
export const importRules: readonly ImportRule[] = [
  {
    part: 'functions',
    imports: [
      'shared/**',
      'connector/apiDefinition.swagger.json',
      'connector/openapi.json',
      'connector/deployment.ts',
      'connector/document',
      'connector/solution',
    ],
    packages: ['@azure/functions'],
  },
  { part: 'shared/backend.ts', imports: ['shared/**'], packages: [] },
  { part: 'shared/composition', imports: ['shared/**'], packages: [] },
  {
    part: 'shared/config.ts',
    imports: [...rootFiles, 'shared/settings.ts', 'shared/outgoing', 'shared/subscriptions'],
    packages: [],
  },
  { part: 'shared/settings.ts', imports: [...rootFiles, 'shared/outgoing', 'shared/subscriptions'], packages: [] },
  {
    part: 'shared/detection',
    imports: [
      ...rootFiles,
      'shared/events',
      'shared/subscriptions',
      'shared/triggers',
      'shared/insights',
      'shared/storage',
      'shared/telemetry',
    ],
    packages: [],
  },
  {
    part: 'shared/deliveries',
    imports: [
      ...rootFiles,
      'shared/events',
      'shared/subscriptions',
      'shared/triggers',
      'shared/outgoing',
      'shared/storage',
      'shared/telemetry',
      'shared/work',
    ],
    packages: ['@sinclair/typebox'],
  },
  {
    part: 'shared/operations',
    imports: [
      ...rootFiles,
      'shared/deliveries',
      'shared/events',
      'shared/subscriptions',
      'shared/triggers',
      'shared/outgoing',
      'shared/storage',
      'shared/telemetry',
      'shared/work',
    ],
    packages: ['@sinclair/typebox'],
  },
  {
    part: 'shared/events',
    imports: [...rootFiles, 'shared/subscriptions', 'shared/triggers', 'shared/storage'],
    packages: [],
  },
  {
    part: 'shared/subscriptions',
    imports: [...rootFiles, 'shared/triggers', 'shared/outgoing', 'shared/storage', 'shared/work'],
    packages: ['@sinclair/typebox'],
  },
  { part: 'shared/triggers', imports: rootFiles, packages: ['@sinclair/typebox'] },
  { part: 'shared/work', imports: [...rootFiles, 'shared/storage'], packages: [] },
  { part: 'shared/rate-limit', imports: [...rootFiles, 'shared/storage', 'shared/telemetry'], packages: [] },
  {
    part: 'shared/insights',
    imports: [...rootFiles, 'shared/outgoing', 'shared/telemetry'],
    packages: ['@azure/identity', 'csv-parse', 'undici'],
  },
  { part: 'shared/outgoing', imports: rootFiles, packages: ['undici'] },
  {
    part: 'shared/azure',
    imports: [...rootFiles, 'shared/storage'],
    packages: ['@azure/data-tables', '@azure/identity', '@azure/storage-queue', 'undici'],
  },
  { part: 'shared/storage', imports: rootFiles, packages: [] },
  { part: 'shared/telemetry', imports: [...rootFiles, 'shared/storage'], packages: [] },
  {
    part: 'shared/opentelemetry',
    imports: [...rootFiles, 'shared/telemetry'],
    packages: [
      '@azure/identity',
      '@azure/monitor-opentelemetry-exporter',
      '@opentelemetry/api',
      '@opentelemetry/core',
      '@opentelemetry/exporter-metrics-otlp-proto',
      '@opentelemetry/exporter-trace-otlp-proto',
      '@opentelemetry/resources',
      '@opentelemetry/sdk-metrics',
      '@opentelemetry/sdk-trace',
    ],
  },
  { part: 'shared', imports: [], packages: ['@sinclair/typebox', 'ajv', 'ajv-formats'] },
  {
    part: 'dashboard',
    imports: ['dashboard/live', 'dashboard/parts', 'dashboard/views', answers, 'shared/unreachable.ts'],
    packages: ['preact'],
  },
  {
    part: 'dashboard/views',
    imports: ['dashboard/charts', 'dashboard/live', 'dashboard/parts', answers],
    packages: ['preact'],
  },
  { part: 'dashboard/parts', imports: ['dashboard/live', answers], packages: ['preact'] },
  { part: 'dashboard/charts', imports: ['dashboard/live', answers], packages: ['preact', 'uplot'] },
  {
    part: 'dashboard/live',
    imports: [answers, 'shared/detection/explain.ts', 'shared/triggers/trigger.ts', 'shared/unreachable.ts'],
    packages: ['preact'],
  },
  {
    part: 'sandbox',
    imports: [
      'sandbox/customer-insights',
      'sandbox/flow-platform',
      'sandbox/functions-host',
      'scripts/command-line.ts',
      ...sandboxPart,
    ],
    packages: [],
  },
  { part: 'sandbox/customer-insights', imports: sandboxPart, packages: ['@sinclair/typebox'] },
  { part: 'sandbox/flow-platform', imports: sandboxPart, packages: ['ajv', 'undici'] },
  {
    part: 'sandbox/functions-host',
    imports: ['shared/ncrontab.ts', ...sandboxPart],
    packages: ['@azure/data-tables', '@azure/storage-queue'],
  },
];

/**
 * A rule in the form of dependency-cruiser (github.com/sverweij/dependency-cruiser, rules
 * reference).
 */
export interface ForbiddenImport {
  readonly name: string;
  readonly severity: 'error';
  readonly from: { readonly path?: string };
  readonly to?: {
    readonly pathNot?: readonly string[];
    readonly dependencyTypesNot?: readonly string[];
    readonly circular?: boolean;
  };
  readonly module?: {
    readonly path: string;
    readonly pathNot: readonly string[];
    readonly numberOfDependentsLessThan: number;
  };
}

/** The table as rules of dependency-cruiser, and the rule that no imports form a circle. */
export function forbiddenImports(rules: readonly ImportRule[] = importRules): ForbiddenImport[] {
  const parts = rules.map(({ part }) => part);
  const filesOf = (part: string): string => filePattern(part, parts);
  return [
    ...rules.map(({ part, imports, packages }): ForbiddenImport => ({
      name: `not for ${part}`,
      severity: 'error',
      from: { path: filesOf(part) },
      to: {
        pathNot: [...[part, ...imports].map(filesOf), ...packages.map((name) => `^node_modules/${name}/`)],
        // Browsers do not have Node's modules.
        ...(!part.startsWith('dashboard') && { dependencyTypesNot: ['core'] }),
      },
    })),
    {
      name: 'a folder without a rule',
      severity: 'error',
      from: {},
      // The condition on dependents makes this a rule on files, and is true for every file.
      module: {
        path: '^(functions|shared|sandbox|dashboard)/',
        pathNot: parts.map(filesOf),
        numberOfDependentsLessThan: 100,
      },
    },
    { name: 'no circles', severity: 'error', from: {}, to: { circular: true } },
  ];
}

/**
 * A pattern for the files of a part. The folders of the second level include their subfolders.
 * Those of the first level do not, and leave out the files that have rules of their own.
 */
function filePattern(part: string, parts: readonly string[]): string {
  const escaped = part.replaceAll('.', '\\.');
  if (part.endsWith('/**')) return `^${part.slice(0, -2)}`;
  if (/\.\w+$/.test(part)) return `^${escaped}$`;
  if (part.includes('/')) return `^${escaped}/`;
  const own = parts.filter((other) => other.startsWith(`${part}/`) && other.endsWith('.ts'));
  const names = own.map((file) => `${file.slice(part.length + 1).replaceAll('.', '\\.')}$`);
  return `^${part}/${names.length > 0 ? `(?!${names.join('|')})` : ''}[^/]+$`;
}
