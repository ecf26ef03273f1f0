import assert from 'node:assert/strict';
import { test } from 'node:test';
import { areaOf, type Box, intersectionOf } from '../../src/learning/faces/geometry.ts';
import { placeScores } from './draw-detections.ts';

const size = { width: 520, height: 300 };
const boxAt = (left: number, top: number): Box => {
  return { left, top, right: left + 60, bottom: top + 70 };
};

test('scores are whole at every edge of a picture, and none covers another one', () => {
  const ofOneFace = [boxAt(100, 100), boxAt(105, 102), boxAt(98, 99)];
  const atEdges = [boxAt(200, -4), boxAt(-8, 120), boxAt(500, 250)];
  const boxes = [...ofOneFace, ...atEdges];
  const places = placeScores(boxes, size);
  assert.deepEqual(
    places.map(({ top }) => top),
    [81, 175, 102, 69, 101, 231],
  );
  for (const [i, place] of places.entries()) {
    assert.ok(place.left >= 0 && place.right <= size.width);
    assert.ok(place.top >= 0 && place.bottom <= size.height);
    for (const earlier of places.slice(0, i))
      assert.equal(areaOf(intersectionOf(earlier, place)), 0);
  }
});
