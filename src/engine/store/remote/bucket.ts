import type { Digest } from '../../../digest.ts';
import { UserError } from '../../../user-error.ts';

/** A part of the bytes under a key. */
export interface Range {
  readonly start: number;
  readonly length: number;
}

/** A file to be stored, with the digest of its bytes. */
export interface FileBody {
  readonly path: string;
  readonly size: number;
  readonly digest: Digest;
}

export interface StoredKey {
  readonly key: string;
  readonly size: number;
  /** When it was last written, by the server's clock, in milliseconds since the epoch. */
  readonly time: number;
}

/**
 * Bytes under keys, in a folder, in S3 or on a host. Keys are POSIX paths. A value is whole or absent. Failures throw
 * {@link UnreachableStore}, where another attempt may succeed, or {@link RefusedRequest}.
 */
export interface Bucket {
  /** The bytes, or those of a range that lies inside; undefined where there is nothing. */
  get(key: string, range?: Range): Promise<Buffer | undefined>;
  /** The size in bytes; undefined where there is nothing. */
  head(key: string): Promise<number | undefined>;
  /** Without `sync`, a power cut of the host may destroy it: only for bytes that are verified whenever they are read. */
  put(key: string, body: Buffer | FileBody, options?: { readonly sync: boolean }): Promise<void>;
  /** All keys with a prefix that ends with a slash, in any order, with temporary files. */
  list(prefix: string): AsyncIterable<StoredKey>;
  /** Removes a key, which may be absent. */
  delete(key: string): Promise<void>;
  close(): Promise<void>;
}

/** The store does not answer, or answers nonsense. Another attempt may succeed. */
export class UnreachableStore extends UserError {}

/** The store answers, and refuses: credentials or rights are wrong. */
export class RefusedRequest extends UserError {}

/** The version of the layout of keys and files. Version 1 had a folder for each result. */
export const storeFormat = 2;

/** The content of `store.json`, by which a store is recognised. Every `store gc` that removes results changes `collected`. */
export const storeText = (collected?: string): string =>
  JSON.stringify({ restage: 'store', format: storeFormat, collected });
