import { once } from './once.ts';

/** A port: each of its methods returns a promise. */
type AsyncMethods<Port> = { readonly [Name in keyof Port]: (...inputs: never[]) => Promise<unknown> };

/**
 * A port that is imported with its first call, so that loading the app does not load packages that
 * its first request may not need. `methods` names every method of the port. When `load` fails, so
 * do the calls that wait for it; the next one loads again, because the file of a package may be
 * unreadable for a moment.
 */
export function deferred<Port extends AsyncMethods<Port>>(
  load: () => Promise<Port>,
  methods: Readonly<Record<keyof Port, true>>,
): Port {
  const loaded = once(load);
  const call =
    (name: keyof Port) =>
    async (...inputs: never[]): Promise<unknown> =>
      (await loaded())[name](...inputs);
  const names = Object.keys(methods) as (keyof Port)[];
  return Object.fromEntries(names.map((name) => [name, call(name)])) as unknown as Port;
}
