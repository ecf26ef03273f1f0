import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { exampleResult, listArtifact } from '../../../test/support/example-result.ts';
import { temporaryFolder, writeFiles } from '../../../test/support/temporary-folder.ts';
import { type Digest, sha256 } from '../../digest.ts';
import { FolderStore } from './folder-store.ts';
import type { Store } from './store.ts';
import { MemoryStore } from './testing-memory-store.ts';

/** Every form of a store, with a way to lose an object of it. */
const forms: Readonly<Record<string, (root: string) => { readonly store: Store; lose(object: Digest): void }>> = {
  folder: (root) => {
    const store = new FolderStore(root);
    return { store, lose: (object) => rmSync(store.objectPath(object)) };
  },
  memory: () => {
    const store = new MemoryStore();
    return { store, lose: (object) => store.objects.delete(object) };
  },
};

for (const [form, open] of Object.entries(forms)) {
  test(`${form}: a result is missing until it is written, and then here, as it was written`, async (t) => {
    const { store } = open(temporaryFolder(t));
    const result = exampleResult(1);
    assert.deepEqual(await store.lookup(result.digest), { state: 'missing' });
    await store.writeResult(result);
    await store.writeResult(result);
    await store.markUsed(result.digest);
    assert.deepEqual(await store.lookup(result.digest), { state: 'here', result });
    assert.deepEqual(await store.lookup(exampleResult(2).digest), { state: 'missing' });
  });

  test(`${form}: objects that are lost are missing, until they are stored again`, async (t) => {
    const root = temporaryFolder(t);
    const { store, lose } = open(root);
    const make = () => writeFiles(join(root, 'cache/work/run/out'), { a: 'first', 'deep/b': 'second', c: 'first' });
    const artifact = await listArtifact(make());
    await store.storeArtifact(make(), artifact);
    assert.deepEqual(await store.missingObjects(artifact), []);
    lose(sha256('first'));
    const missing = await store.missingObjects(artifact);
    assert.deepEqual(
      missing.map(({ path }) => path),
      ['a', 'c'],
    );
    await store.storeArtifact(make(), artifact);
    assert.deepEqual(await store.missingObjects(artifact), []);
  });

  test(`${form}: a single file is stored under the digest of its bytes`, async (t) => {
    const root = temporaryFolder(t);
    const { store } = open(root);
    const work = writeFiles(join(root, 'logs'), { log: 'lines' });
    assert.equal(await store.storeFile(join(work, 'log')), sha256('lines'));
    assert.deepEqual(await store.missingObjects(await listArtifact(join(work, 'log'))), []);
  });
}

test('a result whose bytes are elsewhere is known, and told apart from one that is missing', async (t) => {
  const work = writeFiles(temporaryFolder(t), { a: 'text' });
  const store = new MemoryStore();
  const result = exampleResult(1, { out: await listArtifact(work) });
  await store.storeArtifact(work, result.outputs['out']!);
  await store.writeResult(result);
  store.moveAway(result.digest);
  assert.deepEqual(await store.lookup(result.digest), { state: 'elsewhere', result });
  assert.equal((await store.missingObjects(result.outputs['out']!)).length, 1);
});
