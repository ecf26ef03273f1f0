import assert from 'node:assert/strict';
import { test } from 'node:test';
import { resizeMap } from './attribution-map.ts';
import { topShare } from './map-measures.ts';
import { topShareCeiling } from './top-share-ceiling.ts';

const square = (side: number) => ({ height: side, width: side });

test('a map of few cells cannot be concentrated: the share of a one-cell map is its ceiling', () => {
  const ceiling = (cells: number, size: number) => topShareCeiling(square(cells), square(size));
  assert.ok(Math.abs(ceiling(1, 48) - 0.1) < 0.001);
  assert.ok(Math.abs(ceiling(2, 48) - 0.388) < 0.001);
  assert.equal(ceiling(21, 48), 1);
  assert.equal(ceiling(48, 48), 1);
  const byCells = [1, 2, 3, 4, 5, 6, 8].map((cells) => ceiling(cells, 96));
  assert.deepEqual(
    byCells,
    byCells.toSorted((a, b) => a - b),
  );
});

test('no map of the grid is more concentrated than its ceiling', () => {
  const image = square(30);
  for (const cells of [2, 3, 4, 5]) {
    const ceiling = topShareCeiling(square(cells), image);
    for (let i = 0; i < cells * cells; i++) {
      const one = new Float32Array(cells * cells);
      one[i] = 2;
      const share = topShare(resizeMap({ ...square(cells), values: one }, image).values);
      assert.ok(share <= ceiling + 1e-6, `cell ${i} of ${cells} x ${cells}`);
    }
  }
});
