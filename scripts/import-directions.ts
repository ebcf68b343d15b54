import { isBuiltin } from 'node:module';
import { importsOf, type Sources } from './project-sources.ts';

/** The imports that one part of the project may have, in addition to its own files and Node's modules. */
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
  { part: 'shared/config.ts', imports: [...rootFiles, 'shared/outgoing', 'shared/subscriptions'], packages: [] },
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
  { part: 'shared/triggers', imports: rootFiles, packages: [] },
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
    packages: ['@azure/data-tables', '@azure/identity', '@azure/storage-queue'],
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
    imports: ['dashboard/live', 'dashboard/parts', 'dashboard/views', answers],
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
    imports: [answers, 'shared/detection/explain.ts', 'shared/triggers/trigger.ts'],
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
 * The imports of `functions`, `shared`, `sandbox` and `dashboard` that the rules do not allow, one sentence
 * each.
 */
export function wrongImports(sources: Sources, rules: readonly ImportRule[] = importRules): string[] {
  const parts = new Map(rules.map((rule) => [rule.part, rule]));
  return [...sources].flatMap(([file, source]) => {
    if (!/^(functions|shared|sandbox|dashboard)\//.test(file)) return [];
    const rule = parts.get(partOf(file, parts));
    if (rule === undefined) return [`${file} is in a folder without a rule`];
    return importsOf(file, source)
      .filter(
        (each) => !(each.file === undefined ? allowsPackage(rule, each.specifier) : allows(rule, each.file, parts)),
      )
      .map(({ specifier }) => `${file} imports '${specifier}', which is not for ${rule.part}`);
  });
}

/** The file when it has its own rule, otherwise its folder: the first two parts of its path. */
function partOf(file: string, parts: ReadonlyMap<string, unknown>): string {
  return parts.has(file) ? file : file.split('/').slice(0, -1).slice(0, 2).join('/');
}

function allows({ part, imports }: ImportRule, target: string, parts: ReadonlyMap<string, unknown>): boolean {
  const targetPart = partOf(target, parts);
  if (targetPart === part || imports.includes(targetPart) || imports.includes(target)) return true;
  return target.startsWith('shared/') && imports.includes('shared/**');
}

function allowsPackage({ part, packages }: ImportRule, specifier: string): boolean {
  // Browsers do not have Node's modules.
  if (isBuiltin(specifier)) return specifier.startsWith('node:') && !part.startsWith('dashboard');
  const depth = specifier.startsWith('@') ? 2 : 1;
  return packages.includes(specifier.split('/').slice(0, depth).join('/'));
}
