import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseDocument, type Scalar, type YAMLMap, type YAMLSeq } from 'yaml';
import { z } from 'zod';
import { err, ok, type Result } from '../../../result.ts';
import { explainIssues } from '../../config/schema/explain-issues.ts';
import { flag, mapOf, memory } from '../../config/schema/yaml-keys.ts';
import { readMap } from '../../config/yaml/load-document.ts';
import { toJson } from '../../config/yaml/node.ts';
import type { Diagnostic } from '../../diagnostics/diagnostic.ts';
import { writeAtomic } from '../../files/write-atomic.ts';
import { writing } from '../../files/write-error.ts';
import {
  bucketKeys,
  describeAddresses,
  readAddress,
  type StoreAddress,
} from './buckets/buckets.ts';

const placeKeys = {
  url: z.string().describe(`Where the store is: ${describeAddresses((url) => `\`${url}\``)}.`),
  ...bucketKeys,
};

/** One of several stores, as the user writes it. */
const placeShape = z.strictObject({
  ...placeKeys,
  write: flag(
    false,
    'Results are sent to this store; by default to the first one that is no web address.',
  ),
});

const largestResult = memory
  .optional()
  .describe('Results with more bytes than this, such as `20GiB`, are not sent to any store.');

/** The file `store.yaml`, as the user writes it. */
export const storeShape = z.strictObject({
  ...placeKeys,
  url: placeKeys.url.optional(),
  stores: z
    .array(z.union([z.string(), placeShape]))
    .min(1)
    .optional()
    .describe(
      'Several stores in place of `url`, in the order in which they are asked: addresses, or maps of `url` and what belongs to it.',
    ),
  keys: mapOf(z.string().regex(/^[A-Za-z0-9+/]{43}=$/)).describe(
    'The public keys whose results are trusted, by the name of their owner.',
  ),
  shareEnv: flag(
    false,
    'Also share results that depend on `env`; a reader of the store could guess short values by their hashes.',
  ),
  shareSealed: flag(
    false,
    'Also share results that hold images of a sealed split: whoever reads the store can look at them.',
  ),
  largestResult,
});

type StoreText = z.infer<typeof storeShape>;
type PlaceText = z.infer<typeof placeShape>;

/** What a project says of all stores that it shares. */
interface Sharing {
  /** The public keys whose results are trusted, by their owner. */
  readonly keys: StoreText['keys'];
  /** Whether results that depend on variables of the environment are shared. */
  readonly shareEnv: boolean;
  /** Whether results that hold images of a sealed split are shared. */
  readonly shareSealed: boolean;
  /** Results with more bytes are not sent; undefined for no limit. */
  readonly largestResult?: number | undefined;
}

/** One shared store of a project. */
export interface StoreSpec extends Omit<PlaceText, 'write'>, Sharing {
  readonly address: StoreAddress;
}

/** The shared stores of a project, by `store.yaml`. */
export interface StoreFile extends Sharing {
  /** In the order in which they are asked; at least one. */
  readonly stores: readonly StoreSpec[];
  /** The one of them that gets results. */
  readonly written: StoreSpec;
}

export const storeFile = (root: string): string => join(root, 'store.yaml');

/** Reads `store.yaml` in the root, or gives all its mistakes; undefined without the file. */
export function loadStoreFile(root: string): Result<StoreFile | undefined, readonly Diagnostic[]> {
  const path = storeFile(root);
  if (!existsSync(path)) return ok(undefined);
  const file = readMap(path, root, 'The file store.yaml');
  if (!file.ok) return file;
  const node = file.value;
  const result = storeShape.safeParse(toJson(node));
  if (!result.success) {
    return err(
      explainIssues(result.error.issues, { node, schema: storeShape, prefix: '', at: node.at }),
    );
  }
  const read = readStores(result.data, root);
  return read.ok
    ? read
    : err(read.error.map(({ message, hint }) => ({ code, message, at: node.at, hint })));
}

const code = 'wrong-value';

interface Mistake {
  readonly message: string;
  readonly hint: string;
}

function readStores(text: StoreText, root: string): Result<StoreFile, readonly Mistake[]> {
  const places = placesOf(text);
  if (!places.ok) return places;
  const { keys, shareEnv, shareSealed, largestResult } = text;
  const sharing: Sharing = { keys, shareEnv, shareSealed, largestResult };
  const mistakes: Mistake[] = [];
  const stores: StoreSpec[] = [];
  const chosen: StoreSpec[] = [];
  for (const { write, ...place } of places.value) {
    const address = readAddress(place.url, root);
    if (address === undefined) {
      const message = `"url" is not the address of a store: ${place.url}`;
      mistakes.push({ message, hint: addressHint });
      continue;
    }
    const store = { ...place, address, ...sharing };
    if (stores.some(({ url }) => url === place.url)) {
      const message = `${place.url} is named twice in "stores"`;
      mistakes.push({ message, hint: 'Name each store once.' });
    }
    if (write && address.isReadOnly === true) {
      const message = `${place.url} has "write", but a web address is only read`;
      mistakes.push({ message, hint: 'Write to a store of another form.' });
    }
    stores.push(store);
    if (write) chosen.push(store);
  }
  if (chosen.length > 1) {
    const message = `"write" stands at ${chosen.map(({ url }) => url).join(' and ')}`;
    mistakes.push({ message, hint: 'Results are sent to one store: leave it at one of them.' });
  }
  if (mistakes.length > 0) return err(mistakes);
  const taking = stores.find(({ address }) => address.isReadOnly !== true);
  return ok({ stores, written: chosen[0] ?? taking ?? stores[0]!, ...sharing });
}

function placesOf({ url, stores, ...text }: StoreText): Result<readonly PlaceText[], [Mistake]> {
  const { keys: _, shareEnv: _e, shareSealed: _s, largestResult: _l, ...ofForm } = text;
  if (url !== undefined && stores === undefined) return ok([{ ...ofForm, url, write: false }]);
  if (url !== undefined || stores === undefined) {
    const message =
      url === undefined ? 'The file names no store' : 'The file has both "url" and "stores"';
    const hint = 'Write the address of one store as "url", or several as the list "stores".';
    return err([{ message, hint }]);
  }
  const [key] = Object.keys(ofForm);
  if (key !== undefined) {
    const message = `"${key}" stands beside "stores", so it belongs to none of them`;
    const hint = `Write it into the list: - url: s3://bucket/prefix, and below it ${key}: ….`;
    return err([{ message, hint }]);
  }
  return ok(
    stores.map((store) => (typeof store === 'string' ? { url: store, write: false } : store)),
  );
}

export const addressHint = `Write ${describeAddresses((url) => url)}, without a password.`;

/**
 * Adds a store to `store.yaml`, as the first or the last that is asked. A single `url` becomes a
 * list. Comments stay. Throws a `WriteError`.
 */
export function addToStoreFile(
  root: string,
  store: { readonly url: string },
  { first }: { readonly first: boolean },
): void {
  const document = parseDocument(readFileSync(storeFile(root), 'utf8'));
  const { stores, ...all } = document.toJS() as Record<string, unknown>;
  const { keys: _, shareEnv: _e, shareSealed: _s, largestResult: _l, ...single } = all;
  if (stores === undefined) {
    const pairs = (document.contents as YAMLMap<Scalar>).items;
    const pair = pairs.find(({ key }) => key.value === 'url')!;
    pair.key.value = 'stores'; // keeps the comment before it
    pair.value = document.createNode([shortest(single)]);
    for (const key of Object.keys(single)) document.delete(key);
  }
  const list = document.get('stores') as YAMLSeq;
  const node = document.createNode(shortest(store));
  if (first) list.items.unshift(node);
  else list.items.push(node);
  writing('store.yaml', () => writeAtomic(storeFile(root), document.toString(), { sync: false }));
}

/** An address alone, where nothing else is said of a store. */
const shortest = (store: { readonly url?: unknown }): unknown =>
  Object.keys(store).length === 1 ? store.url : store;

/**
 * Sets the value at a path of keys in `store.yaml`, or removes it. Comments stay. Throws a
 * `WriteError`.
 */
export function editStoreFile(
  root: string,
  keys: readonly string[],
  value: string | undefined,
): void {
  const document = parseDocument(readFileSync(storeFile(root), 'utf8'));
  if (value === undefined) document.deleteIn(keys);
  else document.setIn(keys, value);
  writing('store.yaml', () => writeAtomic(storeFile(root), document.toString(), { sync: false }));
}
