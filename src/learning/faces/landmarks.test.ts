import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Point } from './geometry.ts';
import { landmarksFit } from './landmarks.ts';

const box = { left: 100, top: 50, right: 154, bottom: 98 };

/** Eyes, nose and mouth around the middle of the box, by the distances of the face's parts. */
const face = ({ eyes, mouth }: { readonly eyes: number; readonly mouth: number }) => [
  { x: 127 - eyes / 2, y: 68 },
  { x: 127 + eyes / 2, y: 68 },
  { x: 127, y: 68 + mouth / 2 },
  { x: 127 - eyes / 3, y: 68 + mouth },
  { x: 127 + eyes / 3, y: 68 + mouth },
];

const turned = (points: readonly Point[], degrees: number) => {
  const angle = (degrees * Math.PI) / 180;
  const cos = Math.cos(angle);
  const sin = Math.sin(angle);
  return points.map(({ x, y }) => ({
    x: 127 + cos * (x - 127) - sin * (y - 74),
    y: 74 + sin * (x - 127) + cos * (y - 74),
  }));
};

test('landmarks of an upright, a turned and a half averted face fit its box', () => {
  const upright = face({ eyes: 22, mouth: 17 });
  for (const degrees of [0, 45, 90, 180]) assert.ok(landmarksFit(turned(upright, degrees), box));
  assert.ok(landmarksFit(face({ eyes: 12, mouth: 18 }), box));
});

test('landmarks that collapse, or whose eyes are swapped, do not fit', () => {
  assert.ok(!landmarksFit(face({ eyes: 10, mouth: 8 }), box));
  assert.ok(!landmarksFit(face({ eyes: 22, mouth: 3 }), box));
  assert.ok(!landmarksFit(face({ eyes: -4, mouth: 17 }), box));
  assert.ok(!landmarksFit(face({ eyes: -22, mouth: 17 }), box));
});
