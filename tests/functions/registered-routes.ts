import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { builtApp, environmentOf } from './start-backend.ts';

/** An HTTP function of the built app. */
export interface RegisteredRoute {
  readonly name: string;
  readonly method: string;
  /** Below `api/`, with `{parameters}`. */
  readonly route: string;
  readonly authLevel: string;
}

/**
 * Every HTTP function that the built app registers, once for each of its methods: what is tested
 * for all of them is tested for a new one too.
 */
export async function registeredRoutes(): Promise<RegisteredRoute[]> {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['tests/functions/print-routes.ts', await builtApp()],
    { env: { PATH: process.env['PATH'], ...(await environmentOf()) } },
  );
  const printed = JSON.parse(stdout) as { name: string; methods: string[]; route: string; authLevel: string }[];
  return printed.flatMap(({ name, methods, route, authLevel }) =>
    methods.map((method) => ({ name, method, route, authLevel })),
  );
}
