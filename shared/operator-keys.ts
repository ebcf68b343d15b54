/** A key of an operator. With the access `read` it changes nothing. */
export interface OperatorKey {
  readonly name: string;
  readonly key: string;
  readonly access: 'all' | 'read';
}

/** A shorter key could be guessed or be a word. */
export const MIN_OPERATOR_KEY_LENGTH = 16;

/**
 * The operator keys that open something, none when the setting is invalid. A key that is listed
 * twice may do only what each of its entries allows.
 */
export function usableKeys(listed: readonly OperatorKey[] = []): {
  readonly keys: readonly OperatorKey[];
  readonly warnings: readonly string[];
} {
  const long = listed.filter(({ key }) => key.length >= MIN_OPERATOR_KEY_LENGTH);
  const shortCount = listed.length - long.length;
  const readable = new Set(long.flatMap(({ key, access }) => (access === 'read' ? [key] : [])));
  const messages = [
    shortCount > 0 &&
      `has ${shortCount} of its keys with fewer than ${MIN_OPERATOR_KEY_LENGTH} characters: they open nothing`,
    new Set(long.map(({ key }) => key)).size < long.length &&
      'has the same key in several entries: the audit cannot distinguish them, and the key may only read if one of them says so',
    long.some(({ name, access }) => /^read$/i.test(name) && access === 'all') &&
      'has a key of the name read, which may do everything: a key that may only read is written name:read:key',
  ];
  return {
    keys: long.filter(({ key, access }) => access === 'read' || !readable.has(key)),
    warnings: messages.filter((message) => message !== false),
  };
}
