import assert from 'node:assert/strict';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { listArtifact } from '../../../test/support/example-result.ts';
import { temporaryFolder, writeFiles } from '../../../test/support/temporary-folder.ts';
import { sha256 } from '../../digest.ts';
import { DigestIndex } from '../files/digest-index.ts';
import { LocalStore } from '../store/local-store.ts';
import { findUnclaimed, removePublished } from './clean.ts';
import { Publisher } from './publish.ts';

test('outputs that no stage claims any more are removed with the folders that this empties; edited ones stay', async (t) => {
  const root = temporaryFolder(t);
  const cache = new LocalStore(root);
  const publisher = new Publisher(root, cache, new DigestIndex(cache.folder));
  const work = writeFiles(join(root, 'cache/work/out'), { file: 'text' });
  const artifact = await listArtifact(work);
  const paths = [
    'artifacts/x/fit/model',
    'artifacts/x/old/model',
    'artifacts/x/edited',
    'artifacts/x/gone',
    'results/x',
  ];
  for (const path of paths) {
    await publisher.publish(
      artifact,
      path,
      { pipeline: 'x', stage: 'fit', port: 'model' },
      { from: work },
    );
  }
  await publisher.publish(
    artifact,
    'artifacts/y',
    { pipeline: 'y', stage: 'fit', port: 'model' },
    { from: work },
  );
  writeFileSync(join(root, 'artifacts/x/edited/file'), 'mine');
  rmSync(join(root, 'artifacts/x/gone'), { recursive: true });

  const unclaimed = findUnclaimed(
    publisher.records.all(),
    new Map([['x', new Set(['artifacts/x/fit/model'])]]),
  );
  const ends: Record<string, string> = {};
  for (const record of unclaimed) ends[record.path] = await removePublished(publisher, record);
  assert.deepEqual(ends, {
    'artifacts/x/edited': 'kept',
    'artifacts/x/gone': 'absent',
    'artifacts/x/old/model': 'removed',
    'results/x': 'removed',
  });
  assert.equal(existsSync(join(root, 'artifacts/x/old')), false);
  assert.equal(
    existsSync(join(root, 'results')),
    true,
    'only folders under artifacts are surely ours',
  );
  assert.equal(readFileSync(join(root, 'artifacts/x/edited/file'), 'utf8'), 'mine');
  assert.equal(existsSync(join(root, 'artifacts/x/fit/model/file')), true);
  assert.deepEqual(
    publisher.records
      .all()
      .map(({ path }) => path)
      .sort(),
    ['artifacts/x/fit/model', 'artifacts/y'],
  );
});

test('a path that moved to another pipeline is claimed', () => {
  const record = {
    path: 'results/x',
    pipeline: 'x',
    stage: 'fit',
    port: 'model',
    digest: sha256(''),
    time: '',
  };
  const claims = new Map([
    ['x', new Set<string>()],
    ['y', new Set(['results/x'])],
  ]);
  assert.deepEqual(findUnclaimed([record], claims), []);
  claims.set('y', new Set());
  assert.deepEqual(findUnclaimed([record], claims), [record]);
});
