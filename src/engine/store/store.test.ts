import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { exampleResult, listArtifact } from '../../../test/support/example-result.ts';
import { temporaryFolder, writeFiles } from '../../../test/support/temporary-folder.ts';
import { sha256 } from '../../digest.ts';
import { FolderStore } from './folder-store.ts';

test('a result is missing until it is written, and then here, as it was written', async (t) => {
  const store = new FolderStore(temporaryFolder(t));
  const result = exampleResult(1);
  assert.deepEqual(await store.lookup(result.digest), { state: 'missing' });
  await store.writeResult(result);
  await store.writeResult(result);
  await store.markUsed(result.digest);
  assert.deepEqual(await store.lookup(result.digest), { state: 'here', result });
  assert.deepEqual(await store.lookup(exampleResult(2).digest), { state: 'missing' });
});

test('objects that are lost are missing, until they are stored again', async (t) => {
  const root = temporaryFolder(t);
  const store = new FolderStore(root);
  const make = () => writeFiles(join(root, 'cache/work/run/out'), { a: 'first', 'deep/b': 'second', c: 'first' });
  const artifact = await listArtifact(make());
  await store.storeArtifact(make(), artifact);
  assert.deepEqual(await store.missingObjects(artifact), []);
  rmSync(store.objectPath(sha256('first')));
  const missing = await store.missingObjects(artifact);
  assert.deepEqual(
    missing.map(({ path }) => path),
    ['a', 'c'],
  );
  await store.storeArtifact(make(), artifact);
  assert.deepEqual(await store.missingObjects(artifact), []);
});

test('a single file is stored under the digest of its bytes', async (t) => {
  const root = temporaryFolder(t);
  const store = new FolderStore(root);
  const work = writeFiles(join(root, 'logs'), { log: 'lines' });
  assert.equal(await store.storeFile(join(work, 'log')), sha256('lines'));
  assert.deepEqual(await store.missingObjects(await listArtifact(join(work, 'log'))), []);
});
