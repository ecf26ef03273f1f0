import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { exampleResult, listArtifact } from '../../../test/support/example-result.ts';
import { temporaryFolder } from '../../../test/support/temporary-folder.ts';
import { writeTintedDataset } from '../../../test/support/tinted-dataset.ts';
import { LocalStore } from '../../engine/store/local-store.ts';
import type { DescribedRun } from '../compare/run-differences.ts';
import { datasetDifferences } from './dataset-differences.ts';
import { ImageStore } from './gallery-images.ts';
import { Objects } from './stored-objects.ts';

test('data sets differ in images that were added, removed or changed', async (t) => {
  const root = temporaryFolder(t);
  const store = new LocalStore(root);
  mkdirSync(join(root, 'made'));
  const runWith = async (
    name: string,
    splits: Readonly<Record<string, number>>,
    groupOf: (index: number) => string | undefined,
  ): Promise<DescribedRun> => {
    const path = join(root, 'made', name);
    await writeTintedDataset(path, splits, ['real', 'fake'], undefined, groupOf);
    const artifact = { ...(await listArtifact(path)), type: 'dataset' as const };
    await store.storeArtifact(path, artifact);
    const result = exampleResult(1, { images: artifact });
    const record = {
      pipeline: 'test',
      file: 'test.yaml',
      startedAt: '2025-01-31T09:12:03.042Z',
      seconds: 2,
      restage: '0',
      stages: {},
    };
    return { record, results: new Map([['faces', result]]) };
  };
  const first = await runWith('first', { val: 1, test: 3 }, () => undefined);
  const second = await runWith('second', { val: 2, test: 2 }, (i) => (i === 1 ? 'a' : undefined));
  const images = new ImageStore(new Objects(store));
  assert.deepEqual(datasetDifferences(images, first, second), [
    {
      stage: 'faces',
      added: ['val: val/1'],
      removed: ['test: test/2'],
      changed: ['test: test/1'],
    },
  ]);
  assert.deepEqual(datasetDifferences(images, first, first), []);
});
