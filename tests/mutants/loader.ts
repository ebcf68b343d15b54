import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import vm from 'node:vm';
import { transformSync } from '@swc/core';
import { jestGlobals } from './jest-globals.ts';

/** The texts of sources that are not those of the project. */
export type Planted = ReadonlyMap<string, string>;

type Evaluate = (require: (name: string) => unknown, module: { exports: unknown }, exports: unknown) => void;

const requirePackage = createRequire(path.resolve('package.json'));
const compiled = new Map<string, Evaluate>();

/**
 * Loads sources and tests with some of their texts replaced, each time anew. Packages are loaded
 * once, and what is not replaced is compiled once, so that a further load takes milliseconds.
 */
export function loaderOf(planted: Planted): (file: string) => unknown {
  const modules = new Map<string, { exports: unknown }>();
  const load = (file: string): unknown => {
    const known = modules.get(file);
    if (known !== undefined) return known.exports;
    const module = { exports: {} };
    modules.set(file, module);
    if (file.endsWith('.json')) module.exports = JSON.parse(readFileSync(file, 'utf8')) as object;
    else evaluatorOf(file, planted.get(file))((name) => resolve(file, name), module, module.exports);
    return module.exports;
  };
  const resolve = (importer: string, name: string): unknown => {
    if (name === '@jest/globals') return jestGlobals;
    return name.startsWith('.') ? load(path.join(path.dirname(importer), name)) : requirePackage(name);
  };
  return load;
}

function evaluatorOf(file: string, planted: string | undefined): Evaluate {
  const known = planted === undefined ? compiled.get(file) : undefined;
  if (known !== undefined) return known;
  // As jest.config.js has it.
  const { code } = transformSync(planted ?? readFileSync(file, 'utf8'), {
    jsc: { parser: { syntax: 'typescript' }, target: 'es2023' },
    module: { type: 'commonjs' },
  });
  const evaluate = vm.runInThisContext(`(require, module, exports) => {${code}\n}`, { filename: file }) as Evaluate;
  if (planted === undefined) compiled.set(file, evaluate);
  return evaluate;
}
