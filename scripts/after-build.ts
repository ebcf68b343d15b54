import path from 'node:path';
import { buildApp } from './build-app.ts';
import { asksForHelp } from './command-line.ts';

/**
 * `node scripts/after-build.ts PROGRAM [argument …]` builds the app and then runs a program of the project in
 * this same process, so that signals reach the program. Nothing is built when the arguments only ask for the
 * usage.
 */
const root = path.join(import.meta.dirname, '..');
const [, , program = '', ...args] = process.argv;
const file = path.join(root, program);
if (!asksForHelp(args)) await buildApp(root);
process.argv = [process.execPath, file, ...args];
await import(file);
