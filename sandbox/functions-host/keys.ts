import { HostStartError } from './host-settings.ts';

/**
 * The rights of a caller, from least to most. Functions and admin routes name the least level that
 * they require.
 */
export type AccessLevel = 'anonymous' | 'function' | 'admin';

/** The keys of the host by name. `_master` grants everything. */
export type HostKeys = ReadonlyMap<string, string>;

/** Parses a comma-separated list of `name:key`. A key may contain any character but a comma. */
export function parseHostKeys(list: string): HostKeys {
  const keys = new Map<string, string>();
  for (const entry of list.split(',').map((part) => part.trim())) {
    if (entry === '') continue;
    const colon = entry.indexOf(':');
    const name = entry.slice(0, colon);
    if (colon < 1 || colon === entry.length - 1) {
      throw new HostStartError('HOST_KEYS must be a comma-separated list of name:key.');
    }
    if (keys.has(name)) throw new HostStartError(`HOST_KEYS contains the name "${name}" twice.`);
    keys.set(name, entry.slice(colon + 1));
  }
  return keys;
}

/**
 * The level of a presented key. When `keys` is `undefined`, keys are not enforced and every caller
 * is admin, as in `func start` without its authentication switch.
 */
export function accessLevel(keys: HostKeys | undefined, presented: string | undefined): AccessLevel {
  if (!keys) return 'admin';
  if (presented === undefined) return 'anonymous';
  if (presented === keys.get('_master')) return 'admin';
  return [...keys.values()].includes(presented) ? 'function' : 'anonymous';
}

/** Whether a caller of level `has` may use a route that requires level `requires`. */
export function mayUse(has: AccessLevel, requires: AccessLevel): boolean {
  const order: readonly AccessLevel[] = ['anonymous', 'function', 'admin'];
  return order.indexOf(has) >= order.indexOf(requires);
}
