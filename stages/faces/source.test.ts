import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { StageBench } from '../../test/support/stage-bench.ts';
import { openSource } from './source.ts';

/** The keys of each unit. */
function unitsOf(folder: string): readonly string[] {
  using source = openSource(folder);
  return source.units.map(({ images }) => images.map(({ key }) => key).join());
}

test('one more picture of a folder changes its own unit alone, wherever it is', () => {
  using bench = new StageBench();
  const folder = join(bench.root, 'pictures');
  mkdirSync(join(folder, 'real'), { recursive: true });
  for (let i = 2000; i < 2500; i++) writeFileSync(join(folder, 'real', `${i}.png`), '');
  const before = unitsOf(folder);
  assert.ok(before.length >= 4, `${before.length} units`);
  writeFileSync(join(folder, 'real', '1999.png'), '');
  writeFileSync(join(folder, 'real', '2250-again.png'), '');
  const after = unitsOf(folder);
  const changed = before.filter((unit) => !after.includes(unit));
  assert.deepEqual(
    changed.map((unit) => unit.includes('real/2000') || unit.includes('real/2250')),
    [true, true],
  );
});
