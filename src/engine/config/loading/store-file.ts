import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseDocument } from 'yaml';
import type { z } from 'zod';
import { err, ok, type Result } from '../../../result.ts';
import type { Diagnostic } from '../../diagnostics/diagnostic.ts';
import { writeAtomic } from '../../files/write-atomic.ts';
import { writing } from '../../files/write-error.ts';
import { explainIssues } from '../schema/explain-issues.ts';
import { storeShape } from '../schema/shapes.ts';
import { readMap } from '../yaml/load-document.ts';
import { toJson } from '../yaml/node.ts';

/** Where a shared store is. Paths are absolute, except one over SSH from the home folder. */
export type StoreAddress =
  | { readonly type: 'folder'; readonly path: string }
  | { readonly type: 's3'; readonly bucket: string; readonly prefix: string }
  | {
      readonly type: 'ssh';
      readonly destination: string;
      readonly port: string | undefined;
      readonly path: string;
    };

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
  const address = parseAddress(result.data.url, root);
  if (address !== undefined) return ok({ ...result.data, address });
  const message = `"url" is not the address of a store: ${result.data.url}`;
  return err([{ code: 'wrong-value', message, at: node.at, hint: addressHint }]);
}

export const addressHint =
  'Write a folder, s3://bucket/prefix or ssh://host/path, without a password.';

/**
 * The address in a text; undefined for another form. A host never begins with a dash, which `ssh`
 * would take for an option.
 */
export function parseAddress(url: string, root: string): StoreAddress | undefined {
  const s3 = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/(.*?))?\/?$/.exec(url);
  if (s3 !== null) return { type: 's3', bucket: s3[1]!, prefix: s3[2] ? `${s3[2]}/` : '' };
  const ssh =
    /^ssh:\/\/((?:[\w.-]+@)?(?:[A-Za-z0-9][\w.-]*|\[[0-9a-fA-F:]+\]))(?::(\d+))?(\/.+?)\/?$/.exec(
      url,
    );
  if (ssh !== null && !ssh[1]!.startsWith('-')) {
    const [, host = '', port, path = ''] = ssh;
    return {
      type: 'ssh',
      destination: host.replace(/[[\]]/g, ''),
      port,
      path: path.replace(/^\/~\//, ''),
    };
  }
  return url === '' || /^[a-z0-9+]+:\/\//i.test(url)
    ? undefined
    : { type: 'folder', path: resolve(root, url) };
}

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
