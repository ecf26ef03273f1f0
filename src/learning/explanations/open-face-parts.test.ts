import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '../../../test/support/temporary-folder.ts';
import { StageError } from '../../stage.ts';
import type { Point } from '../faces/geometry.ts';
import { paintFaceParts } from '../faces/parts/face-parts.ts';
import { facePlaced } from '../faces/parts/testing-schematic-face.ts';
import type { ImageInput } from '../models/model-info.ts';
import type { Sample } from '../vision/dataset/dataset.ts';
import { openFaceParts } from './open-face-parts.ts';

const input: ImageInput = {
  size: 40,
  fit: 'cover',
  kernel: 'linear',
  normalise: { mean: [0, 0, 0], deviation: [1, 1, 1] },
};

const sample = (key: string, facts: Partial<Sample> = {}): Sample => ({
  key,
  path: `${key}.png`,
  label: 0,
  class: 'real',
  source: 'real',
  width: 80,
  height: 80,
  shard: '00000.tar',
  offset: 0,
  size: 1,
  ...facts,
});

const cell = (landmarks: readonly Point[]) => landmarks.map(({ x, y }) => `${x} ${y}`).join(' ');
const header = 'split,path,crop,landmarks';

function open(t: Parameters<typeof temporaryFolder>[0], samples: readonly Sample[], table: string) {
  const file = join(temporaryFolder(t), 'faces.csv');
  writeFileSync(file, table);
  return openFaceParts([{ samples, input }], [file], 'test')[0]!;
}

test('the parts of a face are painted where the network sees them', (t) => {
  const samples = [sample('a'), sample('b'), sample('c')];
  const rows = [
    `test,a.png,a,${cell(facePlaced(80))}`,
    `test,a.png,a-2,${cell(facePlaced(40))}`, // a second face
    `test,b.png,,${cell(facePlaced(80))}`, // not cut
    `train,c.png,c,${cell(facePlaced(80))}`,
  ];
  const parts = open(t, samples, [header, ...rows].join('\n'));
  assert.deepEqual(parts.read(samples[0]!), paintFaceParts(facePlaced(40), 40));
  assert.equal(parts.read(samples[1]!), undefined);
  assert.equal(parts.read(samples[2]!), undefined);
});

test('the landmarks of a crop, which are those of its image, are led back into the crop', (t) => {
  // The crop begins at 100, 60 of its image, and its pixels are twice as wide.
  const face = { image: 'scene.png', score: 1, box: [0, 0, 1, 1], toImage: [2, 0, 100, 60] };
  const crop = sample('scene-1', { face });
  const inScene = facePlaced(160, { x: 100, y: 60 });
  const parts = open(t, [crop], `${header}\ntest,scene.png,scene-1,${cell(inScene)}\n`);
  assert.deepEqual(parts.read(crop), paintFaceParts(facePlaced(40), 40));
});

test('a table that is none of faces, or has none of the images, is refused', (t) => {
  const refusal = (table: string) => {
    try {
      open(t, [sample('a')], table);
    } catch (error) {
      assert.ok(error instanceof StageError);
      return error.message;
    }
    return assert.fail('was accepted');
  };
  assert.equal(
    refusal('split,path,image\n'),
    'Expected in the input "faces" a table of the kind faces, with the columns split, path, crop and landmarks, got split, path, image.',
  );
  const none =
    'Expected 68 landmarks of images of test in the input "faces", such as a.png, got none. Connect the output "faces" of a stage faces that finds the faces of these images.';
  assert.equal(refusal(`${header}\ntest,z.png,z,${cell(facePlaced(80))}\n`), none);
  assert.equal(refusal(`${header}\ntest,a.png,a,${cell(facePlaced(80).slice(0, 5))}\n`), none);
});
