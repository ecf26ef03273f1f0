import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { StageBench } from '../../../test/support/stage-bench.ts';
import { parseNpy } from '../vision/features/npy.ts';
import { readKeptMaps } from './maps-list.ts';
import { MapsWriter } from './maps-writer.ts';

const images = 1003;
/** The position of the image whose maps are not kept. */
const left = 1;

test('maps go into numbered files of a thousand each, and the list gives the position of every map', () => {
  using bench = new StageBench();
  const folder = join(bench.root, 'maps');
  const each = <T>(of: (position: number) => T) =>
    Array.from({ length: images }, (_, position) => of(position));
  {
    using writer = new MapsWriter(folder, ['real', 'fake']);
    const samples = each((position) => {
      const key = `test/${position}`;
      return {
        key,
        label: 1,
        class: 'fake',
        source: 'mixed',
        shard: 'a',
        offset: 0,
        size: 1,
        path: `${key}.png`,
        width: 2,
        height: 1,
      };
    });
    writer.begin({
      prefix: '',
      model: '',
      split: 'test',
      methods: ['gradient', 'integrated-gradients'],
      classes: ['real', 'fake'],
      samples,
      images: images - 1,
    });
    for (let position = 0; position < images; position++) {
      const map = { height: 1, width: 2, values: Float32Array.of(position, 1) };
      const of = {
        index: position,
        position,
        label: 1,
        class: 0,
        logits: [0, 0] as const,
        maps: [map, map],
      };
      if (position !== left) writer.add({ ...of, pixels: () => assert.fail() });
    }
    const topShares = new Float64Array(images).fill(0.5);
    topShares[2] = Number.NaN;
    const of = {
      topShares,
      regions: new Float64Array(),
      areas: new Float64Array(),
      coarse: new Float32Array(),
      cells: 1,
      means: [],
      constant: [0, 0],
    };
    writer.end({
      indices: Uint32Array.from(each((position) => position)),
      labels: new Uint8Array(images).fill(1),
      explained: new Uint8Array(images),
      logits: new Float64Array(2 * images).fill(0.25),
      maps: [
        { method: 'gradient', ...of },
        { method: 'integrated-gradients', ...of },
      ],
      completeness: {
        rises: new Float64Array(images).fill(2),
        gaps: new Float64Array(images).fill(1),
      },
    });
  }
  const parsed = parseNpy(readFileSync(join(folder, 'gradient-00001.npy')));
  assert.deepEqual(parsed, {
    ok: true,
    value: { shape: [2, 1, 2], values: Float32Array.of(1001, 1, 1002, 1) },
  });
  const list = readFileSync(join(folder, 'maps.csv'), 'utf8');
  const [, ...lines] = list.trimEnd().split('\n');
  assert.equal(lines.length, 2 * images);
  const what = (position: number) =>
    `,test,test/${position},test/${position}.png,fake,mixed,real,0.25,0.25`;
  assert.deepEqual(lines.slice(0, 5), [
    `gradient-00000.npy,0,,gradient,${what(0)},0.5,,,,,`,
    `integrated-gradients-00000.npy,0,,integrated-gradients,${what(0)},0.5,,,,2,1`,
    `,,,gradient,${what(1)},0.5,,,,,`,
    `,,,integrated-gradients,${what(1)},0.5,,,,2,1`,
    `gradient-00000.npy,1,,gradient,${what(2)},,,,,,`,
  ]);
  assert.match(lines.at(-2)!, /^gradient-00001\.npy,1,/);
  const kept = readKeptMaps(list);
  assert.equal(kept.length, 2 * (images - 1));
  assert.deepEqual(kept[2], {
    file: 'gradient-00000.npy',
    row: '1',
    model: '',
    method: 'gradient',
    layer: '',
    split: 'test',
    key: 'test/2',
    path: 'test/2.png',
    class: 'fake',
    source: 'mixed',
    explained: 'real',
  });
});
