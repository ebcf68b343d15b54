import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, expect, test } from '@jest/globals';

const folder = mkdtempSync(path.join(tmpdir(), 'notice-'));
afterAll(() => rmSync(folder, { recursive: true }));
const run = promisify(execFile);

/**
 * The folders of the packages that the source maps of the build name, and of those that the
 * dashboard imports.
 */
function bundledFolders(): string[] {
  const maps = readdirSync('dist', { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.js.map'));
  const sources = maps.flatMap((file) => {
    const { sources: named } = JSON.parse(readFileSync(path.join('dist', file), 'utf8')) as { sources: string[] };
    return named.map((source) => path.posix.join('dist', path.posix.dirname(file), source));
  });
  const modules = [...sources, 'node_modules/preact/x', 'node_modules/uplot/x'];
  const ofPackages = modules.filter((module) => module.includes('node_modules/'));
  return [...new Set(ofPackages.map((module) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(module)?.[0] ?? module))];
}

test('the notice has the licence of every package that is bundled, and every one of these is in the SBOM', async () => {
  await run(process.execPath, ['scripts/notice.ts', '--into', folder]);
  const notice = readFileSync(path.join(folder, 'NOTICE'), 'utf8');
  const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8')) as {
    packages: Record<string, { dev?: boolean; version: string }>;
  };
  const folders = bundledFolders();
  expect(folders.length).toBeGreaterThan(50);
  for (const of of folders) {
    const { name, version } = JSON.parse(readFileSync(path.join(of, 'package.json'), 'utf8')) as Record<string, string>;
    expect(notice).toContain(`\n${name ?? ''} ${version ?? ''}\nLicence: `);
    // The SBOM is of what is no dependency of the development alone.
    expect({ of, ...packages[of] }).toMatchObject({ version, of });
    expect(packages[of]?.dev ?? false).toBe(false);
  }
  const undici = readFileSync('node_modules/undici/LICENSE', 'utf8').trim();
  expect(notice).toContain(undici);
  expect(notice).toContain(readFileSync('node_modules/preact/LICENSE', 'utf8').trim());
});

test('the notes of a release are what the changes say of its version, and there are none for another tag', async () => {
  const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
  const notesOf = (tag: string) => run(process.execPath, ['scripts/release-notes.ts', '--tag', tag]);
  const { stdout } = await notesOf(`v${version}`);
  const changelog = readFileSync('CHANGELOG.md', 'utf8');
  expect(stdout.length).toBeGreaterThan(100);
  expect(changelog).toContain(stdout.trim());
  expect(stdout).not.toMatch(/^## /m);
  const heading = changelog.slice(0, changelog.indexOf(stdout.trim())).trimEnd().split('\n').at(-1);
  expect(heading).toMatch(new RegExp(`^## ${version.replaceAll('.', '\\.')}\\b`));
  await expect(notesOf('v0.0.1')).rejects.toMatchObject({ code: 1, stdout: '' });
});
