import { parseArgs, type ParseArgsConfig } from 'node:util';

type Options = NonNullable<ParseArgsConfig['options']>;

/**
 * Parses the command line of this program. With `--help`, prints `usage` and exits with 0. With an
 * unknown argument, prints the argument and `usage` and exits with 1. Call it before anything is
 * built, started or written.
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

/** Prints the problem and the usage, and exits with 1. */
export function refuseCommandLine(fault: string, usage: string): never {
  console.error(`${fault}\n\n${usage}`);
  process.exit(1);
}

/** Arguments after `--` are for another program. */
export function asksForHelp(args: readonly string[]): boolean {
  const end = args.indexOf('--');
  return (end < 0 ? args : args.slice(0, end)).includes('--help');
}
