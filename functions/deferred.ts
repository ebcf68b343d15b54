import { once } from './once.ts';

/** A port: each of its methods returns a promise. */
type AsyncMethods<Port> = { readonly [Name in keyof Port]: (...inputs: never[]) => Promise<unknown> };

/**
 * Returns a port that is loaded when one of its methods is first called, so that the app starts
 * without packages that its first request may not need. `methods` names every method of the port,
 * because the port itself is not known until it is loaded.
 * When `load` fails, the calls that wait for it fail too. The next call loads again, because a
 * package's file may be unreadable for a moment.
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
