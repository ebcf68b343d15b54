import { parseArgs, type ParseArgsConfig } from 'node:util';

type Options = NonNullable<ParseArgsConfig['options']>;

/**
 * The options and other arguments that this program was given. With `--help` it prints `usage` and exits with 0 instead; with an argument
 * that it does not know it says which, prints `usage` and exits with 1. Call it before anything is built, started or written.
 */
export function readCommandLine<const O extends Options>(
  usage: string,
  options: O,
  { allowPositionals = false }: { readonly allowPositionals?: boolean } = {},
) {
  if (asksForHelp(process.argv.slice(2))) {
    console.log(usage);
    process.exit(0);
  }
  try {
    const { values, positionals } = parseArgs({ options, allowPositionals });
    return { values, positionals: positionals as string[] };
  } catch (error) {
    return refuseCommandLine((error as Error).message, usage);
  }
}

/** Says what is wrong with the arguments and how they are written, and exits with 1. */
export function refuseCommandLine(fault: string, usage: string): never {
  console.error(`${fault}\n\n${usage}`);
  process.exit(1);
}

/** What stands behind `--` is for another program. */
export function asksForHelp(args: readonly string[]): boolean {
  const end = args.indexOf('--');
  return (end < 0 ? args : args.slice(0, end)).includes('--help');
}
