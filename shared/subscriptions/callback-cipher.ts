import { createCipheriv, createDecipheriv, createSecretKey, randomBytes } from 'node:crypto';

/** AES-256-GCM with the nonce and tag lengths of NIST SP 800-38D, §5.2.1. */
const ALGORITHM = 'aes-256-gcm';
const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const CIPHER_OPTIONS = { authTagLength: TAG_BYTES };

const KEY_ID = /^[\w-]{1,32}$/;

/** A key of the setting `CALLBACK_ENCRYPTION_KEYS`. */
export interface EncryptionKey {
  /**
   * The key id, stored in front of every text that the key encrypted: at most 32 characters of
   * `[A-Za-z0-9_-]`.
   */
  readonly kid: string;
  /** 32 bytes. */
  readonly key: Buffer;
}

/**
 * Encrypts callback URLs for storage. `context` names the row that holds the URL (`sealContext`),
 * so that a URL copied to another row cannot be decrypted.
 */
export interface CallbackCipher {
  /**
   * Encrypts with the first key of `CALLBACK_ENCRYPTION_KEYS`. `context` is authenticated but not
   * stored, and is required to decrypt.
   */
  seal(plain: string, context: string): string;
  /**
   * Decrypts with the key whose id the text begins with. Throws `CallbackCipherError` when
   * decryption fails, for instance because the context differs.
   */
  open(sealed: string, context: string): string;
  /** Whether the text begins with the id of the first key. Does not decrypt it. */
  hasFirstKeyId(sealed: string): boolean;
}

/**
 * Thrown when a text cannot be decrypted. The message contains its key id and no other part of it.
 */
export class CallbackCipherError extends Error {
  override readonly name = 'CallbackCipherError';
  /** `undefined` when the text does not have the expected format. */
  readonly kid: string | undefined;
  constructor(reason: string, kid: string | undefined) {
    super(`a callback URL cannot be decrypted (key ${kid ?? 'unreadable'}): ${reason}`);
    this.kid = kid;
  }
}

/**
 * The encrypted format is `kid.base64url(nonce, ciphertext, tag)`. The first key encrypts, and each
 * key decrypts what it has encrypted. There must be at least one key.
 */
export function callbackCipher(keys: readonly EncryptionKey[]): CallbackCipher {
  const [first] = keys;
  if (first === undefined) throw new Error('there is no encryption key');
  const byKid = new Map(keys.map(({ kid, key }) => [kid, createSecretKey(key)]));
  const sealingKey = createSecretKey(first.key);

  return {
    seal: (plain, context) => {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv(ALGORITHM, sealingKey, nonce, CIPHER_OPTIONS);
      cipher.setAAD(Buffer.from(context));
      const sealed = Buffer.concat([nonce, cipher.update(plain, 'utf8'), cipher.final(), cipher.getAuthTag()]);
      return `${first.kid}.${sealed.toString('base64url')}`;
    },

    open: (sealed, context) => {
      const [kid = '', encoded = '', ...more] = sealed.split('.');
      const bytes = Buffer.from(encoded, 'base64url');
      const isWellFormed = more.length === 0 && bytes.toString('base64url') === encoded;
      if (!KEY_ID.test(kid) || !isWellFormed || bytes.length < NONCE_BYTES + TAG_BYTES) {
        throw new CallbackCipherError('it does not have the expected format', undefined);
      }
      const key = byKid.get(kid);
      if (key === undefined) throw new CallbackCipherError('CALLBACK_ENCRYPTION_KEYS has no such key', kid);
      const decipher = createDecipheriv(ALGORITHM, key, bytes.subarray(0, NONCE_BYTES), CIPHER_OPTIONS);
      decipher.setAAD(Buffer.from(context));
      decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
      const plain = decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES));
      try {
        // GCM is a stream cipher: `update` returns the whole text, and `final` only verifies it.
        decipher.final();
      } catch {
        throw new CallbackCipherError('it was changed, copied to another row, or encrypted with another key', kid);
      }
      return plain.toString();
    },

    hasFirstKeyId: (sealed) => sealed.startsWith(`${first.kid}.`),
  };
}

/**
 * Parses a comma-separated list of `kid:base64(32 bytes)`. Throws on an invalid entry. The message
 * contains no key.
 */
export function parseEncryptionKeys(text: string): EncryptionKey[] {
  const entries = text.split(',').map((entry) => entry.trim());
  const keys = entries.map((entry, index) => {
    const [kid = '', encoded = '', ...more] = entry.split(':');
    const key = Buffer.from(encoded, 'base64');
    if (!KEY_ID.test(kid) || more.length > 0 || key.length !== KEY_BYTES || key.toString('base64') !== encoded) {
      throw new Error(`encryption key ${index + 1} is not a name, a colon and the base64 of ${KEY_BYTES} bytes`);
    }
    return { kid, key };
  });
  if (new Set(keys.map(({ kid }) => kid)).size < keys.length) throw new Error('two encryption keys have the same name');
  return keys;
}
