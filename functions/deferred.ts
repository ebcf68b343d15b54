/** A port: each of its methods returns a promise. */
type AsyncMethods<Port> = { readonly [Name in keyof Port]: (...inputs: never[]) => Promise<unknown> };

/**
 * A port that is imported with its first call, so that loading the app does not load packages that its first request may
 * not need. `methods` names every method of the port. When `load` fails, so does every call.
 */
export function deferred<Port extends AsyncMethods<Port>>(
  load: () => Promise<Port>,
  methods: Readonly<Record<keyof Port, true>>,
): Port {
  let loading: Promise<Port> | undefined;
  const call =
    (name: keyof Port) =>
    async (...inputs: never[]): Promise<unknown> =>
      (await (loading ??= load()))[name](...inputs);
  const names = Object.keys(methods) as (keyof Port)[];
  return Object.fromEntries(names.map((name) => [name, call(name)])) as unknown as Port;
}
