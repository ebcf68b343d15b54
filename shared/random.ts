import { randomBytes } from 'node:crypto';

/**
 * The domain's only source of randomness, so that a test run with the same seed repeats exactly.
 */
export interface Random {
  /** A number in [0, 1). */
  fraction(): number;
  /** `bytes` random bytes as base64url without padding, safe in ids, row keys and URLs. */
  token(bytes: number): string;
}

export const systemRandom: Random = {
  fraction: () => Math.random(),
  token: (bytes) => randomBytes(bytes).toString('base64url'),
};
