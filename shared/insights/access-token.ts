import type { AccessToken } from '@azure/identity';

import type { Clock } from '../clock.ts';

/** Who gives tokens: `default` = whatever identity the app runs under; `none` = calls go out without a token. */
export type CustomerInsightsCredential = 'default' | 'none';

/** A token that may expire while it is on its way is not used. */
const marginMs = 5 * 60_000;
/** A request for a token that hangs must not hang every later call as well. */
const patienceMs = 30_000;

/** The token source of the app, for a scope; the identity library is loaded by the first token that is asked for. */
export function customerInsightsToken(
  credential: CustomerInsightsCredential,
  scope: string,
  clock: Clock,
): (() => Promise<string>) | undefined {
  if (credential === 'none') return undefined;
  let loading: Promise<() => Promise<AccessToken>> | undefined;
  return cachedToken({ fetchToken: async () => (await (loading ??= defaultCredential(scope)))(), clock });
}

async function defaultCredential(scope: string): Promise<() => Promise<AccessToken>> {
  const { DefaultAzureCredential } = await import('@azure/identity');
  const credential = new DefaultAzureCredential();
  return () => credential.getToken(scope);
}

/**
 * Keeps a token until it should be renewed; calls at the same time share one request. While a renewal fails, a token
 * that is still good is used on. Rejects as `fetchToken` does.
 *
 * The identity library keeps the tokens of managed identities, but goes through its chain of credentials on every call,
 * and runs a developer's `az` each time. Its own `getBearerTokenProvider` renews in a promise nobody awaits.
 */
export function cachedToken(deps: { fetchToken: () => Promise<AccessToken>; clock: Clock }): () => Promise<string> {
  const { fetchToken, clock } = deps;
  let current: AccessToken | undefined;
  let renewal: { readonly startedAt: number; readonly token: Promise<AccessToken> } | undefined;

  async function renewed(): Promise<AccessToken> {
    try {
      return (current = await fetchToken());
    } finally {
      renewal = undefined;
    }
  }

  return async () => {
    const kept = current;
    const now = clock.now();
    if (kept !== undefined && now < renewalDueAt(kept)) return kept.token;
    if (renewal === undefined || now - renewal.startedAt >= patienceMs) renewal = { startedAt: now, token: renewed() };
    try {
      return (await renewal.token).token;
    } catch (error) {
      if (kept !== undefined && clock.now() < kept.expiresOnTimestamp) return kept.token;
      throw error;
    }
  };
}

function renewalDueAt({ refreshAfterTimestamp, expiresOnTimestamp }: AccessToken): number {
  return refreshAfterTimestamp ?? expiresOnTimestamp - marginMs;
}
