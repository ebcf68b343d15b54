import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';

/**
 * Rules that azd applies to a project like this one, read from its source (Azure/azure-dev,
 * `cli/azd`, tags azure-dev-cli_1.23.12 of 2026-03-24 and azure-dev-cli_1.31.2 of 2026-08-19),
 * which are the same in both.
 */
const source = (file: string): string => readFileSync(file, 'utf8');
const azureYaml = source('azure.yaml');
const valueOf = (key: string): string | undefined => new RegExp(`^ {4}${key}: (.+)$`, 'm').exec(azureYaml)?.[1];
const { scripts } = JSON.parse(source('package.json')) as { scripts: Readonly<Record<string, string>> };

describe('azd 1.23.12 to 1.31.2', () => {
  test('refuses to run when its version is below `requiredVersions` (pkg/project/project.go)', () => {
    // 1.23.12 is the first that resolves `remoteBuild` by the ignore file (pull request 7223).
    const required = /^ {2}azd: '>= (\d+)\.(\d+)\.(\d+)'$/m.exec(azureYaml)?.slice(1).map(Number);
    expect(required).toEqual([1, 23, 12]);
    expect(source('docs/deploy.md')).toContain(`${required?.join('.')} or later`);
  });

  test('prefers main.bicepparam to main.bicep, and asks for no parameter then (pkg/infra/provisioning/bicep)', () => {
    const [folder, module] = ['path', 'module'].map(
      (key) => new RegExp(`^ {2}${key}: (.+)$`, 'm').exec(azureYaml)?.[1],
    );
    expect(existsSync(`${folder}/${module}.bicepparam`)).toBe(true);
    // Only these two has it asked for before it compiles the parameters; anything else has a
    // default.
    const withoutDefault = [
      ...source(`${folder}/${module}.bicepparam`).matchAll(/readEnvironmentVariable\('(\w+)'\)/g),
    ];
    expect(withoutDefault.map(([, name]) => name)).toEqual(['AZURE_ENV_NAME', 'AZURE_LOCATION']);
  });

  test('refuses `remoteBuild: false` when the ignore file of the project excludes node_modules (service_target_functionapp.go)', () => {
    expect([valueOf('host'), valueOf('language'), valueOf('remoteBuild')]).toEqual(['function', 'js', 'false']);
    const ignored = source('.funcignore').split('\n').filter(Boolean);
    expect(ignored.length).toBeGreaterThan(1);
    // As gitignore has it: a name or a pattern, at any depth or at the root, of a folder or of
    // anything.
    const excludes = ignored.filter((line) => {
      const pattern = line.replace(/^\//, '').replace(/\/$/, '').replaceAll('.', '\\.').replaceAll('*', '.*');
      return !line.startsWith('#') && new RegExp(`^(.*/)?${pattern}$`).test('node_modules');
    });
    expect(excludes).toEqual([]);
  });

  test('runs `npm run build` after the hook that packs, and zips the folder `dist` as it then is (framework_service_node.go)', () => {
    // A build that emptied the package's folder would deploy nothing; an ignore file in it would
    // leave files out.
    expect(scripts['build']).toBe('node scripts/build.ts');
    expect(source('scripts/package.ts')).toContain(`path.join(root, 'build')`);
    expect(valueOf('dist')).toBe('build/app');
    for (const file of ['scripts/build.ts', 'scripts/build-app.ts', 'scripts/build-dashboard.ts'])
      expect([file, /'build(\/|')/.test(source(file))]).toEqual([file, false]);
    expect(source('scripts/package.ts')).not.toContain('funcignore');
  });

  test('finds the app by the tag azd-service-name of the service, in the group that an output names (resource_manager.go)', () => {
    const service = /^services:\n {2}(\w+):/m.exec(azureYaml)?.[1];
    expect(source('infra/modules/app.bicep')).toContain(`'azd-service-name': '${service}'`);
    expect(source('infra/main.bicep')).toMatch(/^output AZURE_RESOURCE_GROUP string = group.name$/m);
  });

  test('runs a hook for posix or windows, each with its own `run` (pkg/ext/models.go)', () => {
    const hooks = [...azureYaml.matchAll(/^ {6}(pre|post)(package|deploy):$/gm)].map(
      ([, when, what]) => `${when}${what}`,
    );
    expect(hooks).toEqual(['prepackage', 'predeploy', 'postdeploy']);
    for (const shell of ['sh', 'pwsh']) {
      const runs = [...azureYaml.matchAll(new RegExp(`^ {10}shell: ${shell}\n {10}run: (.+)$`, 'gm'))].map(
        ([, run]) => run,
      );
      expect(runs).toEqual([
        'npm ci && npm run package',
        'npx --no node scripts/deployment-ready.ts --roles',
        'npx --no node scripts/deployment-ready.ts --health',
      ]);
    }
  });
});
