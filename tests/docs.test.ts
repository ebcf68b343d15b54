import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { settings } from '../shared/settings.ts';
import { problems } from '../shared/problem.ts';
import { codesOf, headingsOf, localLinks, tableRows } from './helpers/markdown.ts';

const notOfProject = new Set(['.git', 'node_modules', 'dist', 'build', 'coverage', '.azure', 'local.settings.json']);
const files = filesOfProject();
const read = (file: string): string => readFileSync(file, 'utf8');

describe('settings', () => {
  test('docs/settings.md shows all that the schema has, with default and meaning, after the one of the host', () => {
    const text = read('docs/settings.md');
    const [host, ...shown] = [...text.matchAll(/^- `([A-Za-z_]+)` \(([^\n]*?)\): ((?:.|\n {2})+)/gm)].map(
      ([, name = '', byDefault = '', meaning = '']) => ({
        name,
        byDefault,
        meaning: meaning.replace(/\s+/g, ' ').trim(),
      }),
    );
    expect(host?.name).toBe('AzureWebJobsStorage');
    /** The default in the list, or the items of the section that it refers to. */
    const defaultOf = (name: string, byDefault: string): string | undefined => {
      if (byDefault.startsWith('[')) {
        const section = text.split(`\n## ${name}\n`)[1]?.split('\n## ')[0] ?? '';
        return [...section.matchAll(/^- `(.+)`$/gm)].map(([, item]) => item).join(',');
      }
      return (
        { required: undefined, empty: '' }[byDefault] ??
        (byDefault === 'required' ? undefined : codesOf(byDefault).join())
      );
    };
    expect(
      shown.map(({ name, byDefault, meaning }) => ({ name, default: defaultOf(name, byDefault), meaning })),
    ).toEqual(
      Object.entries(settings).map(([name, { default: byDefault, meaning }]) => ({
        name,
        default: byDefault,
        meaning,
      })),
    );
  });

  test('local.settings.sample.json has settings that exist, with values that they take', () => {
    const { Values: sample } = JSON.parse(read('local.settings.sample.json')) as { Values: Record<string, string> };
    const schema = new Map<string, { parse: (text: string) => unknown }>(Object.entries(settings));
    expect(Object.keys(sample).filter((name) => !schema.has(name))).toEqual([
      'FUNCTIONS_WORKER_RUNTIME',
      'AzureWebJobsStorage',
    ]);
    for (const [name, value] of Object.entries(sample))
      if (value !== '') expect(() => schema.get(name)?.parse(value)).not.toThrow();
  });
});

test('docs/errors.md lists every problem code with its status', () => {
  const listed = tableRows(read('docs/errors.md'), 'code').map(([code, status]) => [codesOf(code)[0], Number(status)]);
  expect(listed).toEqual(Object.entries(problems).map(([code, { status }]) => [code, status]));
});

describe('docs/architecture.md', () => {
  const architecture = read('docs/architecture.md');

  test('explains every value of host.json and no other', () => {
    const { version, logging, ...host } = JSON.parse(read('host.json')) as Record<string, unknown>;
    expect([version, typeof logging]).toEqual(['2.0', 'object']);
    const documented = tableRows(architecture, 'value').flatMap(([value]) => codesOf(value));
    const names = namesOf({ ...host, extensionBundle: 'one value' });
    expect(documented.filter((code) => /^[a-z]\w+$/i.test(code) && !/^(api|base64|Open\w+)$/.test(code))).toEqual(
      names,
    );
  });

  test('lists the folders of the project and of the domain', () => {
    const [, list = ''] = /^```\n(functions\/.*?)^```$/ms.exec(architecture) ?? [];
    const listed = (indent: string): string[] =>
      [...list.matchAll(new RegExp(`^${indent}([\\w-]+)/ `, 'gm'))].map(([, name = '']) => name).sort();
    const withCode = (folder: string): string[] => [
      ...new Set(
        files
          .filter((file) => /\.(ts|tsx|bicep)$/.test(file) && file.startsWith(folder))
          .map((file) => file.slice(folder.length).split('/'))
          .filter(({ length }) => length > 1)
          .map(([name = '']) => name),
      ),
    ];
    expect(listed('')).toEqual(withCode('').sort());
    expect(listed('  ')).toEqual(expect.arrayContaining(withCode('shared/')));
    expect(listed('    ')).toEqual(withCode('shared/deliveries/').sort());
  });
});

/** Names of the values of an object, those of nested objects in their place. */
function namesOf(object: object): string[] {
  return Object.entries(object).flatMap(([name, value]: [string, unknown]) =>
    typeof value === 'object' && value !== null ? namesOf(value) : [name],
  );
}

test('links between documents lead to files and headings that exist', () => {
  const documents = files.filter((file) => file.endsWith('.md'));
  expect(documents).toContain('README.md');
  const broken = documents.flatMap((document) =>
    localLinks(read(document))
      .filter((link) => {
        const [target = '', heading] = link.split('#');
        const file = target === '' ? document : path.posix.join(path.posix.dirname(document), target);
        return !existsSync(file) || (heading !== undefined && !headingsOf(read(file)).includes(heading));
      })
      .map((link) => `${document}: ${link}`),
  );
  expect(broken).toEqual([]);
});

test('no file names a path of the machine it was written on', () => {
  // Where people and programs keep their checkouts. `/home/site` is where Azure keeps an app.
  const checkout = /(?<![\w.:/})-])\/(?:home(?!\/site)|Users|root|work|workspaces)\/[\w.-]+/;
  expect(checkout.test(`see /home/somebody/project`)).toBe(true);
  const here = [process.cwd(), homedir()].filter((folder) => folder !== '/').map((folder) => `${folder}/`);
  const naming = files.filter((file) => {
    const text = read(file);
    return file !== 'tests/docs.test.ts' && (checkout.test(text) || here.some((folder) => text.includes(folder)));
  });
  expect(naming).toEqual([]);
});

/** All files that belong to the project, as paths from its root with slashes. */
function filesOfProject(folder = ''): string[] {
  return readdirSync(folder === '' ? '.' : folder, { withFileTypes: true }).flatMap((entry) => {
    if (notOfProject.has(entry.name)) return [];
    const file = path.posix.join(folder, entry.name);
    return entry.isDirectory() ? filesOfProject(file) : [file];
  });
}
