/** A key of an operator. With the access `read`, it cannot change anything. */
export interface OperatorKey {
  /** Who uses the key. The audit log shows this name. */
  readonly name: string;
  readonly key: string;
  readonly access: 'all' | 'read';
}

/** A shorter key could be guessed or be a word. */
export const MIN_OPERATOR_KEY_LENGTH = 16;

/**
 * Leaves out the keys that are too short. If a key is listed several times, it may do only what all
 * of its entries allow. `listed` is absent when the setting is invalid; there are no keys then.
 */
export function usableKeys(listed: readonly OperatorKey[] = []): {
  readonly keys: readonly OperatorKey[];
  readonly warnings: readonly string[];
} {
  const long = listed.filter(({ key }) => key.length >= MIN_OPERATOR_KEY_LENGTH);
  const shortCount = listed.length - long.length;
  const readOnly = new Set(long.flatMap(({ key, access }) => (access === 'read' ? [key] : [])));
  const messages = [
    shortCount > 0 &&
      `has ${shortCount} of its keys with fewer than ${MIN_OPERATOR_KEY_LENGTH} characters, which are not accepted`,
    new Set(long.map(({ key }) => key)).size < long.length &&
      'has the same key in several entries: the audit log cannot distinguish them, and the key may only read if one of them says so',
    long.some(({ name, access }) => /^read$/i.test(name) && access === 'all') &&
      'has a key with the name read, which may do everything: write a key that may only read as name:read:key',
  ];
  return {
    keys: long.filter(({ key, access }) => access === 'read' || !readOnly.has(key)),
    warnings: messages.filter((message) => message !== false),
  };
}
