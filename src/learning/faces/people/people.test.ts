import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../../../random.ts';
import { clusterDescriptors } from './cluster.ts';
import { distanceOf } from './descriptors.ts';
import { trackFaces } from './tracks.ts';

/** A descriptor near the corner of a person, which is at a distance of 1 from other corners. */
function descriptor(person: number, noise: number, random: Random): Float32Array {
  const values = Float32Array.from({ length: 128 }, () => (noise * random.between(-1, 1)) / 8);
  values[person]! += Math.SQRT1_2;
  return values;
}

const square = (left: number, top: number) => ({ left, top, right: left + 10, bottom: top + 10 });

/** Average linkage without short cuts: the nearest pair is joined again and again. */
function slowClusters(descriptors: readonly Float32Array[], threshold: number) {
  let clusters = descriptors.map((_, i) => [i]);
  for (;;) {
    let best = { distance: threshold, i: -1, j: -1 };
    for (let i = 0; i < clusters.length; i++) {
      for (let j = i + 1; j < clusters.length; j++) {
        const distances = clusters[i]!.flatMap((first) =>
          clusters[j]!.map((second) => distanceOf(descriptors[first]!, descriptors[second]!)),
        );
        const distance = distances.reduce((sum, value) => sum + value, 0) / distances.length;
        if (distance < best.distance) best = { distance, i, j };
      }
    }
    if (best.i === -1) break;
    const joined = [...clusters[best.i]!, ...clusters[best.j]!];
    clusters = [...clusters.filter((_, i) => i !== best.i && i !== best.j), joined];
  }
  return clusters.map((members) => members.toSorted((a, b) => a - b).join()).sort();
}

function groupsOf(numbers: readonly number[]): readonly string[] {
  const groups = new Map<number, number[]>();
  for (const [index, number] of numbers.entries())
    groups.set(number, [...(groups.get(number) ?? []), index]);
  return [...groups.values()].map((members) => members.join()).sort();
}

test('clusters are those of average linkage, whatever the order of the descriptors', () => {
  for (let trial = 0; trial < 20; trial++) {
    const random = new Random('clusters', trial);
    const count = 25;
    const descriptors = Array.from({ length: count }, () =>
      descriptor(random.integer(4), random.between(0.1, 0.9), random),
    );
    const threshold = random.between(0.3, 1.1);
    const clusters = clusterDescriptors(descriptors, threshold);
    assert.deepEqual(groupsOf(clusters), slowClusters(descriptors, threshold));
    const turned = clusterDescriptors(descriptors.toReversed(), threshold).toReversed();
    assert.deepEqual(groupsOf(turned), groupsOf(clusters));
  }
});

test('equal descriptors are one person, and no descriptors are none', () => {
  const same = new Float32Array(128).fill(0.1);
  assert.deepEqual(clusterDescriptors([same, same, same], 0.5), [0, 0, 0]);
  assert.deepEqual(clusterDescriptors([], 0.5), []);
});

test('two people who pass each other keep their tracks, and one who comes back has the same', () => {
  const random = new Random('tracks');
  const faces = [
    { frame: 0, box: square(0, 0), descriptor: descriptor(0, 0.1, random) },
    { frame: 0, box: square(20, 0), descriptor: descriptor(1, 0.1, random) },
    // The boxes change places from here on.
    { frame: 1, box: square(20, 0), descriptor: descriptor(0, 0.1, random) },
    { frame: 1, box: square(0, 0), descriptor: descriptor(1, 0.1, random) },
    { frame: 2, box: square(0, 2), descriptor: descriptor(1, 0.1, random) },
    // After a cut, far away.
    { frame: 3, box: square(500, 300), descriptor: descriptor(0, 0.1, random) },
    { frame: 3, box: square(100, 300), descriptor: descriptor(2, 0.1, random) },
  ];
  assert.deepEqual(trackFaces(faces), [1, 2, 1, 2, 2, 1, 3]);
});

test('a face that is blurred for a frame stays in the track that its box overlaps', () => {
  const random = new Random('blur');
  const sharp = descriptor(0, 0.05, random);
  const blurred = sharp.map((value, i) => value + (i < 64 ? 0.08 : 0));
  assert.ok(distanceOf(sharp, blurred) > 0.5 && distanceOf(sharp, blurred) < 0.8);
  const near = [
    { frame: 0, box: square(0, 0), descriptor: sharp },
    { frame: 1, box: square(1, 1), descriptor: blurred },
  ];
  assert.deepEqual(trackFaces(near), [1, 1]);
  const far = [near[0]!, { frame: 1, box: square(60, 0), descriptor: blurred }];
  assert.deepEqual(trackFaces(far), [1, 2]);
});

test('somebody else at the same place after a cut begins a track: the frame before is too long ago, or showed nobody', () => {
  const random = new Random('cut');
  const before = descriptor(0, 0.05, random);
  const after = before.map((value, i) => value + (i < 64 ? 0.08 : 0));
  const at = (frame: number, time: number, descriptor: Float32Array) => ({
    frame,
    time,
    box: square(0, 0),
    descriptor,
  });
  assert.deepEqual(trackFaces([at(0, 0, before), at(1, 0.04, after)]), [1, 1]);
  assert.deepEqual(trackFaces([at(0, 0, before), at(1, 3, after)]), [1, 2]);
  assert.deepEqual(trackFaces([at(0, 0, before), at(2, 0.08, after)]), [1, 2]);
});
