import type { z } from 'zod';
import type { Digest } from '../../../../digest.ts';
import type { Environment } from '../../../../environment.ts';
import { describeError, UserError } from '../../../../user-error.ts';

/** One form of bucket: all that Restage knows of it. `buckets.ts` has the table of all forms. */
export interface BucketForm<Keys extends z.ZodRawShape> {
  /** How its addresses look, for messages: `s3://bucket/prefix`. */
  readonly address: string;
  /** The keys of `store.yaml` that belong to this form alone. All are optional. */
  readonly keys: Keys;
  /**
   * Where a store is; undefined for an address of another form. A path may be relative to `root`.
   */
  readonly read: (url: string, root: string) => BucketAddress<Keys> | undefined;
}

/** Where a shared store is. */
export interface BucketAddress<Keys extends z.ZodRawShape> {
  /** Whether stores at such an address are only read. */
  readonly isReadOnly?: true;
  /** Makes the place of a new store, where that is possible. Throws a `WriteError`. */
  readonly create?: () => void;
  /** The code of the form is loaded when it is used. Credentials and proxies are in `env`. */
  readonly open: (settings: BucketSettings<Keys>, env: Environment) => Promise<Bucket>;
}

/** The values of the keys of a form; anything for a form without keys. */
type BucketSettings<Keys extends z.ZodRawShape> = keyof Keys extends never
  ? object
  : z.infer<z.ZodObject<Keys>>;

/** A part of the bytes under a key. */
export interface Range {
  readonly start: number;
  readonly length: number;
  /** Memory of this length in which a bucket may give the bytes; absent: it takes new memory. */
  readonly memory?: Buffer;
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
 * The largest value that is read whole, in bytes: the signed text of a result of half a million
 * files. Others may write to a store, and a larger file would only cost time and memory.
 */
export const mostWhole = 128 * 1024 ** 2;

/** An upload of a large file that nobody has finished. */
export interface UnfinishedUpload {
  readonly key: string;
  /** When something of it last arrived, by the server, in milliseconds since the epoch. */
  readonly time: number;
  /** Removes what arrived. Whoever goes on with it begins again. */
  readonly discard: () => Promise<void>;
}

/**
 * Bytes under keys, in a folder, in S3, on a host or at a web address. Keys are POSIX paths. A
 * value is whole or absent; what is no plain file is absent. Failures throw
 * {@link UnreachableStore}, where another attempt may succeed, or {@link RefusedRequest}.
 */
export interface Bucket {
  /** How many requests are under way at once. */
  readonly requests: number;
  /** Milliseconds to wait for the first answer, beside other work. */
  readonly patience: number;
  /** Whether it takes nothing and has no list, so that nobody tries. */
  readonly isReadOnly?: boolean;
  /**
   * The bytes, of at most {@link mostWhole}, or those of a range that lies inside; undefined where
   * there is nothing.
   */
  get(key: string, range?: Range): Promise<Buffer | undefined>;
  /** The size in bytes; undefined where there is nothing. */
  head(key: string): Promise<number | undefined>;
  /**
   * Without `sync`, a power cut of the host may destroy it: only for bytes that are verified
   * whenever they are read.
   */
  put(key: string, body: Buffer | FileBody, options?: { readonly sync: boolean }): Promise<void>;
  /** All keys with a prefix that ends with a slash, in any order, with temporary files. */
  list(prefix: string): AsyncIterable<StoredKey>;
  /** Names of files and folders at the top; some of them where there are many. */
  top(): Promise<readonly string[]>;
  /**
   * Uploads that are in no list of keys; absent where a killed push leaves temporary files, which
   * are, or where the server removes them by itself.
   */
  unfinished?(): AsyncIterable<UnfinishedUpload>;
  /** Removes a key, which may be absent. */
  delete(key: string): Promise<void>;
  close(): Promise<void>;
}

/**
 * The store does not answer, or answers nonsense. Another attempt may succeed. Its message is the
 * reason alone.
 */
export class UnreachableStore extends UserError {}

/**
 * The store answers, and refuses: credentials or rights are wrong. Its message is the reason alone.
 */
export class RefusedRequest extends UserError {}

/**
 * There is no store at an address, or its `store.json` is damaged. Its message is a full sentence.
 */
export class MissingStore extends UserError {}

/** Whether an error is one of the store, which others do not share. */
export const isStoreFailure = (error: unknown): boolean =>
  [UnreachableStore, RefusedRequest, MissingStore].some((type) => error instanceof type);

/** What failed at a store, as a sentence without its full stop that names the address. */
export function describeFailure(url: string, error: unknown): string {
  if (error instanceof UnreachableStore)
    return `The store ${url} cannot be reached (${error.message})`;
  if (error instanceof RefusedRequest)
    return `The store ${url} refuses the request (${error.message})`;
  return describeError(error);
}

/**
 * A store holds no links: what lies behind one is not the store's, so it is neither read nor
 * deleted.
 */
export const foundLink = (path: string): UnreachableStore =>
  new UnreachableStore(`${path} is a link, and a store holds none: whoever made it must remove it`);

/** Something that others made lies where the store has a folder, or a file. */
export const foundOther = (path: string, needed: 'folder' | 'file'): UnreachableStore =>
  new UnreachableStore(
    needed === 'folder'
      ? `${path} is no folder, and the store needs one there: whoever made it must remove it`
      : `${path} is a folder, and the store needs a file there: whoever made it must remove it`,
  );

/** The version of the layout of keys and files. Version 1 had a folder for each result. */
export const storeFormat = 2;

/**
 * The content of `store.json`, by which a store is recognised. Every `store gc` that removes
 * results changes `collected`.
 */
export const storeText = (collected?: string): string =>
  JSON.stringify({ restage: 'store', format: storeFormat, collected });
