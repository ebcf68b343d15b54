/**
 * The operator key of this tab. It is not shared with other tabs and is deleted when the tab is
 * closed.
 */
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
