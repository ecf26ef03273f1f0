import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { selectBackend } from '../../../backend/select/select-backend.ts';
import { decodeImage } from '../../vision/decode-image.ts';
import { PackageNetworks } from './package-networks.ts';

interface GoldenFace {
  readonly score: number;
  /** Left, top, right, bottom. */
  readonly box: readonly [number, number, number, number];
  readonly landmarks: readonly (readonly [number, number])[];
}

/** From `test/golden/faces.mjs`, which runs the package's own code. */
const golden: {
  readonly pictures: Readonly<Record<string, readonly GoldenFace[]>>;
  readonly distances: readonly (readonly number[])[];
} = JSON.parse(
  readFileSync(new URL('../../../../test/golden/faces.json', import.meta.url), 'utf8'),
);
const demo = join(
  dirname(createRequire(import.meta.url).resolve('@vladmandic/face-api/package.json')),
  'demo',
);

const distanceOf = (first: Float32Array, second: Float32Array): number =>
  Math.hypot(...first.map((value, i) => value - second[i]!));

test('faces, landmarks and descriptors of the pictures in @vladmandic/face-api are those of its own code', async () => {
  await selectBackend('onnxruntime', { threads: 2 });
  using networks = new PackageNetworks();
  const descriptors: Float32Array[] = [];
  for (const [name, expected] of Object.entries(golden.pictures)) {
    const image = await decodeImage(readFileSync(join(demo, name)));
    const detections = await networks.detector.detect(image, 0.3);
    assert.equal(detections.length, expected.length, name);
    for (const [index, detection] of detections.entries()) {
      const { score, box, landmarks } = expected[index]!;
      assert.ok(Math.abs(detection.score - score) < 1e-4, `${name}: ${detection.score}`);
      const { left, top, right, bottom } = detection.box;
      const edges = [left, top, right, bottom];
      const shifts = edges.map((edge, i) => Math.abs(edge - box[i]!));
      assert.ok(Math.max(...shifts) < 0.05, `${name}, box ${index}: off by ${shifts}`);
      const points = await networks.locate(image, detection);
      const errors = points.map(({ x, y }, i) =>
        Math.hypot(x - landmarks[i]![0], y - landmarks[i]![1]),
      );
      assert.ok(
        Math.max(...errors) < 0.05,
        `${name}, face ${index}: off by ${Math.max(...errors)}`,
      );
      descriptors.push(await networks.describe(image, detection, points));
    }
  }
  const gaps = descriptors.map((first, i) =>
    descriptors.map((second, j) => Math.abs(distanceOf(first, second) - golden.distances[i]![j]!)),
  );
  assert.ok(Math.max(...gaps.flat()) < 1e-3, `distances off by ${Math.max(...gaps.flat())}`);
});
