import { hash } from 'node:crypto';

declare const digest: unique symbol;
/** A SHA-256 in lower-case hex, 64 characters. */
export type Digest = string & { readonly [digest]: true };

/** The SHA-256 of bytes, or of a text's UTF-8. */
export function sha256(data: string | NodeJS.ArrayBufferView): Digest {
  return hash('sha256', data, 'hex') as Digest;
}

export function isDigest(value: unknown): value is Digest {
  return typeof value === 'string' && /^[0-9a-f]{64}$/.test(value);
}
