import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';

const json = (file: string): unknown => JSON.parse(readFileSync(file, 'utf8')) as unknown;
const { scripts, engines, devDependencies } = json('package.json') as Record<string, Record<string, string>>;

test('.nvmrc names the Node that the package asks for and comes with', () => {
  const major = readFileSync('.nvmrc', 'utf8').trim();
  expect(engines?.['node']).toBe(`>=${major}`);
  expect(devDependencies?.['node']?.split('.')[0]).toBe(major);
});

describe('the files for VS Code', () => {
  const { tasks } = json('.vscode/tasks.json') as { tasks: { label: string; command: string; dependsOn?: string }[] };
  const labels = tasks.map(({ label }) => label);
  const settings = json('.vscode/settings.json') as Record<string, string>;
  const { configurations } = json('.vscode/launch.json') as { configurations: { preLaunchTask?: string }[] };

  test('name tasks that exist, and tasks run scripts that exist', () => {
    const named = [
      ...tasks.map(({ dependsOn }) => dependsOn),
      ...configurations.map(({ preLaunchTask }) => preLaunchTask),
      settings['azureFunctions.preDeployTask'],
      settings['azureFunctions.postDeployTask'],
    ];
    expect(named.filter((name) => name !== undefined && !labels.includes(name))).toEqual([]);
    const run = tasks.flatMap(({ command }) => /^npm (?:run )?(\w+)$/.exec(command)?.[1] ?? []);
    expect(run.length).toBeGreaterThan(3);
    expect(run.filter((name) => name !== 'ci' && !(name in (scripts ?? {})))).toEqual([]);
  });

  test('deploy the folder that azd deploys', () => {
    const azure = parse(readFileSync('azure.yaml', 'utf8')) as { services: { app: { dist: string } } };
    expect(settings['azureFunctions.deploySubpath']).toBe(azure.services.app.dist);
  });
});

test('nothing at the root is deployed by a tool that goes by .funcignore, but what an app consists of', () => {
  const tracked = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], { encoding: 'utf8' });
  const entries = new Set(
    tracked
      .split('\n')
      .filter(Boolean)
      .map((file) => file.split('/')[0] ?? ''),
  );
  const ignored = readFileSync('.funcignore', 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => new RegExp(`^${line.replace(/^\//, '').replaceAll('.', '\\.').replaceAll('*', '.*')}$`));
  const deployed = [...entries].filter((entry) => !ignored.some((pattern) => pattern.test(entry)));
  expect(deployed.sort()).toEqual(['.funcignore', 'LICENSE', 'host.json', 'package-lock.json', 'package.json']);
});
