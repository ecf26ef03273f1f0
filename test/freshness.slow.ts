import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { test } from 'node:test';
import { encodedNoise } from './support/noise-dataset.ts';
import { Project } from './support/rig.ts';

test('a new test image: the trainer that monitors train and val stays up to date', async () => {
  using project = new Project(`
stages:
  faces: { kind: load-dataset, inputs: { images: ./photos } }
  fit:
    kind: train
    inputs: { dataset: faces.dataset }
    with: { imageSize: 64, epochs: 1, monitor: [train, val] }
`);
  const addImage = async (path: string, seed: number): Promise<void> => {
    mkdirSync(dirname(project.path(path)), { recursive: true });
    writeFileSync(project.path(path), await encodedNoise(seed, { width: 64, height: 64 }));
  };
  const folders = ['train', 'val', 'test'].flatMap((split) => [
    `photos/${split}/real`,
    `photos/${split}/fake`,
  ]);
  for (let seed = 0; seed < 12; seed++) await addImage(`${folders[seed % 6]}/${seed}.png`, seed);
  const first = await project.run();
  assert.deepEqual(first.outcomes, { faces: 'ran', fit: 'ran' }, first.stderr);

  await addImage('photos/test/real/late.png', 12);
  assert.deepEqual((await project.run()).outcomes, { faces: 'ran', fit: 'up to date' });
  await addImage('photos/val/real/late.png', 13);
  assert.deepEqual((await project.run()).outcomes, { faces: 'ran', fit: 'ran' });
});
