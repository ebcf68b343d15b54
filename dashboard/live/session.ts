/** The operator key of this tab: gone with it, and in no other. */
export interface Session {
  key(): string | undefined;
  keep(key: string): void;
  forget(): void;
}

const NAME = 'operator-key';

export function tabSession(storage: Storage): Session {
  return {
    key: () => storage.getItem(NAME) ?? undefined,
    keep: (key) => storage.setItem(NAME, key),
    forget: () => storage.removeItem(NAME),
  };
}
