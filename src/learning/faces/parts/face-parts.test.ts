import assert from 'node:assert/strict';
import { test } from 'node:test';
import { convexHull, facePartNames, paintFaceParts } from './face-parts.ts';
import { facePlaced, schematicParts } from './testing-schematic-face.ts';

const side = 100;
const paint = (landmarks = facePlaced(side)) => paintFaceParts(landmarks, side);
const countOf = (parts: Uint8Array, part: string) =>
  parts.filter((number) => facePartNames[number] === part).length;

test('each place of a face belongs to its part', () => {
  const parts = paint();
  const partAt = ({ x, y }: { readonly x: number; readonly y: number }) =>
    facePartNames[parts[Math.floor(y * side) * side + Math.floor(x * side)]!];
  const found = Object.fromEntries(
    Object.entries(schematicParts).map(([name, place]) => [name, partAt(place)]),
  );
  assert.deepEqual(found, {
    rightEye: 'eyes',
    leftEye: 'eyes',
    nose: 'nose',
    mouth: 'mouth',
    forehead: 'forehead',
    rightCheek: 'cheeks',
    leftCheek: 'cheeks',
    chin: 'rest',
    corner: 'outside',
  });
});

test('the forehead is as high as brows and base of the nose are apart', () => {
  const parts = paint();
  const middle = Array.from({ length: side }, (_, row) => facePartNames[parts[row * side + 50]!]);
  const browHeight = 0.34 - 0.03 * 0.483; // the middle of five points of a half ellipse
  const top = middle.indexOf('forehead') / side;
  assert.ok(Math.abs(browHeight - top - (0.6 - browHeight)) < 0.04, `from ${top}`);
  assert.equal(middle.lastIndexOf('forehead'), Math.ceil(browHeight * side) - 1);
});

test('the parts turn, move and grow with the face', () => {
  const parts = paint();
  const turned = paint(facePlaced(side).map(({ x, y }) => ({ x: side - y, y: x })));
  const differing = turned.filter((part, i) => {
    const row = Math.floor(i / side);
    const column = i % side;
    return part !== parts[(side - 1 - column) * side + row];
  });
  assert.ok(differing.length <= side, `${differing.length} pixels differ, at borders alone`);

  const moved = paint(facePlaced(side, { x: 5, y: 3 }));
  assert.equal(countOf(moved, 'eyes'), countOf(parts, 'eyes'));
  const larger = paintFaceParts(facePlaced(2 * side), 2 * side);
  for (const part of facePartNames) {
    const ratio = countOf(larger, part) / countOf(parts, part);
    assert.ok(Math.abs(ratio - 4) < 0.4, `${part}: ${ratio}`);
  }
});

test('a hull leaves out what lies inside and on its sides', () => {
  const square = [
    { x: 0, y: 0 },
    { x: 2, y: 0 },
    { x: 2, y: 2 },
    { x: 0, y: 2 },
  ];
  const inside = [
    { x: 1, y: 1 },
    { x: 1, y: 0 },
    { x: 0.5, y: 1.5 },
  ];
  const corners = convexHull([...inside, ...square]);
  assert.deepEqual(
    corners.toSorted((a, b) => a.x - b.x || a.y - b.y),
    [
      { x: 0, y: 0 },
      { x: 0, y: 2 },
      { x: 2, y: 0 },
      { x: 2, y: 2 },
    ],
  );
});
