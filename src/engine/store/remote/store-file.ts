import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseDocument } from 'yaml';
import { z } from 'zod';
import { err, ok, type Result } from '../../../result.ts';
import { explainIssues } from '../../config/schema/explain-issues.ts';
import { flag, mapOf } from '../../config/schema/yaml-keys.ts';
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

/** The file `store.yaml`, as the user writes it. */
export const storeShape = z.strictObject({
  url: z.string().describe(`Where the store is: ${describeAddresses((url) => `\`${url}\``)}.`),
  ...bucketKeys,
  keys: mapOf(z.string().regex(/^[A-Za-z0-9+/]{43}=$/)).describe(
    'The public keys whose results are trusted, by the name of their owner.',
  ),
  shareEnv: flag(
    false,
    'Also share results that depend on `env`; a reader of the store could guess short values by their hashes.',
  ),
});

/** A shared store, by `store.yaml`. */
export interface StoreSpec extends z.infer<typeof storeShape> {
  readonly address: StoreAddress;
}

export const storeFile = (root: string): string => join(root, 'store.yaml');

/** Reads `store.yaml` in the root, or gives all its mistakes; undefined without the file. */
export function loadStoreFile(root: string): Result<StoreSpec | undefined, readonly Diagnostic[]> {
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
  const address = readAddress(result.data.url, root);
  if (address !== undefined) return ok({ ...result.data, address });
  const message = `"url" is not the address of a store: ${result.data.url}`;
  return err([{ code: 'wrong-value', message, at: node.at, hint: addressHint }]);
}

export const addressHint = `Write ${describeAddresses((url) => url)}, without a password.`;

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
