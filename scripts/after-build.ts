import path from 'node:path';
import { asksForHelp } from './command-line.ts';

/** The errors of a file system that does not let the build write. */
const UNWRITABLE = ['EROFS', 'EACCES', 'EPERM', 'ENOTDIR', 'EEXIST'];

/**
 * `node scripts/after-build.ts PROGRAM [argument …]` builds the app and then runs a program of the
 * project in this same process, so that signals reach the program. Nothing is built when the
 * arguments only ask for the usage.
 */
const root = path.join(import.meta.dirname, '..');
const [, , program = '', ...args] = process.argv;
const file = path.join(root, program);
if (!asksForHelp(args)) await build();
process.argv = [process.execPath, file, ...args];
await import(file);

async function build(): Promise<void> {
  // Standard output belongs to the program. The bundler is loaded after this line, because that
  // alone takes a second.
  console.error('building…');
  const { buildApp } = await import('./build-app.ts');
  try {
    await buildApp(root);
  } catch (error) {
    const { code, path: where } = error as NodeJS.ErrnoException;
    if (code === undefined || !UNWRITABLE.includes(code)) throw error;
    console.error(`The build cannot write ${where ?? 'its files'} (${code}). Use a checkout that you may write to.`);
    process.exit(1);
  }
}
