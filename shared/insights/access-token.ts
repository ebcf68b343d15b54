import type { AccessToken } from '@azure/identity';

import type { Clock } from '../clock.ts';

/**
 * The source of access tokens. `default`: the identity that the app runs under. `none`: calls are
 * sent without a token.
 */
export type CustomerInsightsCredential = 'default' | 'none';

/**
 * A token is renewed this long before it expires, because it may expire before a request arrives.
 */
const marginMs = 5 * 60_000;
/**
 * If a token request takes longer than this, the next call makes a new one, so that it does not
 * hang too.
 */
const tokenTimeoutMs = 30_000;

/**
 * Makes the function that gets the app's access token for a scope. Returns `undefined` for the
 * credential `none`. The identity library is loaded when the first token is requested.
 */
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
 * Caches a token until it is due for renewal. Concurrent calls share one token request. While a
 * renewal fails, a token that has not expired is used. Rejects as `fetchToken` does.
 *
 * The identity library (`@azure/identity`) alone is not enough. It caches the tokens of managed
 * identities, but tries its chain of credentials on every call, and on a developer's machine runs
 * `az` each time. Its own `getBearerTokenProvider` renews the token in a promise that nothing
 * awaits, so a failed renewal would be an unhandled rejection.
 */
export function cachedToken(deps: { fetchToken: () => Promise<AccessToken>; clock: Clock }): () => Promise<string> {
  const { fetchToken, clock } = deps;
  let current: AccessToken | undefined;
  let renewal: { readonly startedAt: number; readonly token: Promise<AccessToken> } | undefined;

  async function renew(): Promise<AccessToken> {
    try {
      return (current = await fetchToken());
    } finally {
      renewal = undefined;
    }
  }

  return async () => {
    const cached = current;
    const now = clock.now();
    if (cached !== undefined && now < renewalDueAt(cached)) return cached.token;
    if (renewal === undefined || now - renewal.startedAt >= tokenTimeoutMs)
      renewal = { startedAt: now, token: renew() };
    try {
      return (await renewal.token).token;
    } catch (error) {
      if (cached !== undefined && clock.now() < cached.expiresOnTimestamp) return cached.token;
      throw error;
    }
  };
}

function renewalDueAt({ refreshAfterTimestamp, expiresOnTimestamp }: AccessToken): number {
  return refreshAfterTimestamp ?? expiresOnTimestamp - marginMs;
}
