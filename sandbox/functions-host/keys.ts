import { HostStartError } from './host-settings.ts';

/** What a caller may do, from least to most. Functions and the admin routes name the least they ask for. */
export type AccessLevel = 'anonymous' | 'function' | 'admin';

/** The keys of the host by name; `_master` is the one that opens everything. */
export type HostKeys = ReadonlyMap<string, string>;

/** Reads a `name:key` list with commas between. A key may hold any character but a comma. */
export function parseHostKeys(list: string): HostKeys {
  const keys = new Map<string, string>();
  for (const entry of list.split(',').map((part) => part.trim())) {
    if (entry === '') continue;
    const colon = entry.indexOf(':');
    const name = entry.slice(0, colon);
    if (colon < 1 || colon === entry.length - 1) {
      throw new HostStartError('HOST_KEYS must be a comma-separated list of name:key.');
    }
    if (keys.has(name)) throw new HostStartError(`HOST_KEYS names "${name}" twice.`);
    keys.set(name, entry.slice(colon + 1));
  }
  return keys;
}

/**
 * The level that a presented key gives. `keys` undefined: keys are not enforced and everybody is admin, which is how
 * `func start` runs without its authentication switch.
 */
export function accessLevel(keys: HostKeys | undefined, presented: string | undefined): AccessLevel {
  if (!keys) return 'admin';
  if (presented === undefined) return 'anonymous';
  if (presented === keys.get('_master')) return 'admin';
  return [...keys.values()].includes(presented) ? 'function' : 'anonymous';
}

/** Whether a caller of level `has` may use what asks for `asks`. */
export function mayUse(has: AccessLevel, asks: AccessLevel): boolean {
  const order: readonly AccessLevel[] = ['anonymous', 'function', 'admin'];
  return order.indexOf(has) >= order.indexOf(asks);
}
