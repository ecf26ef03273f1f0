import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Sharp } from 'sharp';
import { StageBench } from '../../test/support/stage-bench.ts';
import { audit, clean, jpeg } from './testing-audit.ts';

test('a JPEG quality between those of the other class is found, though no threshold on the quality separates it', async () => {
  using bench = new StageBench();
  const outer = (index: number) => (index % 4 === 0 ? 70 : 90);
  const quality = (label: number, index: number) => (label === 1 ? 80 : outer(index));
  const { metrics } = await audit(
    bench,
    clean(60, (label, index) => ({ encode: jpeg(quality(label, index)) })),
  );
  assert.equal(metrics.shortcuts.encoding, 1);
});

test('sizes, formats and brightness that separate the classes are found, each by its own test', async () => {
  using bench = new StageBench();
  const enlarged = await audit(
    bench,
    clean(40, (label) => ({ encode: (image) => image.resize(label === 1 ? 48 : 40).jpeg() })),
  );
  assert.equal(enlarged.metrics.shortcuts.size, 1);
  const png = await audit(
    bench,
    clean(44, (label) => ({ encode: (image) => (label === 1 ? image.png() : image.jpeg()) })),
  );
  assert.equal(png.metrics.shortcuts.encoding, 1);
  assert.equal(png.metrics.shortcuts.size, 0.5);
  const lighter = await audit(
    bench,
    clean(80, (label) => ({ lighter: 40 * label })),
  );
  assert.ok(lighter.metrics.shortcuts.brightness > 0.8, lighter.metrics.shortcuts.brightness);
  assert.ok(lighter.metrics.meanImages.difference > 2 * lighter.metrics.meanImages.byChance);
  assert.equal(lighter.metrics.shortcuts.encoding, 0.5);
});

test('copies stay in one fold, so that a repeated picture does not reveal its class', async () => {
  using bench = new StageBench();
  const { metrics } = await audit(
    bench,
    clean(80, (label, index) => ({ seed: 2 * ((index % 16) >> 1) + label, split: 'train' })),
  );
  assert.ok(metrics.shortcuts.thumbnail < 0.9, `${metrics.shortcuts.thumbnail}`);
  // Eight pictures a class, however often each is repeated, say little.
  const [low, high] = metrics.shortcuts.intervals.thumbnail;
  assert.ok(high - low > 0.3, `${low} to ${high}`);
});

test('no copies and no shortcuts are reported if there are none', async () => {
  using bench = new StageBench();
  const { metrics, rows } = await audit(bench, clean(120));
  assert.deepEqual(bench.warnings, []);
  assert.deepEqual(rows, []);
  assert.deepEqual(metrics.classes, { real: 60, fake: 60 });
  assert.equal(metrics.shortcuts.size, 0.5);
  const verdicts = bench.highlights[1]!.rows.map(([name, , , verdict]) => `${name}: ${verdict}`);
  assert.deepEqual(verdicts, [
    'image size: all images are alike in this',
    'encoding: all images are alike in this',
    'file size: no better than chance',
    'brightness and colour: no better than chance',
    '16 x 16 pixels: no better than chance',
  ]);
  assert.deepEqual(
    bench.highlights[0]!.rows.map((row) => row.slice(0, 4)),
    ['real', 'fake'].map((name) => [name, '60', '40 x 40', 'jpeg of quality 90, subsampled']),
  );
  assert.deepEqual(bench.progress.at(0), { done: 1, total: 120, unit: 'images' });
});

test('the difference of mean images by chance is given only if all images are independent', async () => {
  using bench = new StageBench();
  const subtitle = () =>
    JSON.parse(
      readFileSync(join(bench.output('means'), 'chart.vl.json'), 'utf8'),
    ).title.subtitle.join(' ');
  const alone = await audit(bench, clean(24));
  assert.ok(alone.metrics.meanImages.byChance > 0);
  assert.match(subtitle(), /where chance alone gives [\d.]+$/);
  const grouped = await audit(
    bench,
    clean(26, (_, index) => ({ group: `video ${index >> 2}` })),
  );
  assert.equal(grouped.metrics.meanImages.byChance, null);
  assert.match(subtitle(), /; the means differ by [\d.]+ levels of luma$/);
});

test('faces that were larger in one class before they were cut out are found by their size', async () => {
  using bench = new StageBench();
  const faces = clean(60, (label, index) => ({ faceHeight: 60 + 40 * label + (index % 7) }));
  const { metrics } = await audit(bench, faces);
  assert.equal(metrics.shortcuts.faceSize, 1);
  assert.match(
    bench.warnings[0]!,
    /^Face size alone: AUC 1\.000 \(0\.\d{3}–1\.000\): separates the classes almost without looking at the content\.$/,
  );
  const [classes] = bench.highlights;
  assert.deepEqual(classes!.columns.at(-1), 'height of the face');
  assert.deepEqual(
    classes!.rows.map((row) => row.at(-1)),
    ['62.9 ± 2.0', '102.9 ± 2.0'],
  );
  const equal = clean(60, (_, index) => ({ faceHeight: 60 + Math.floor(index / 2) }));
  assert.ok((await audit(bench, equal)).metrics.shortcuts.faceSize < 0.6);
  const pictures = clean(60, (_, index) => (index === 0 ? {} : { faceHeight: 60 }));
  assert.equal((await audit(bench, pictures)).metrics.shortcuts.faceSize, undefined);
});

test('the checkerboard of one class is found at the corner of the spectrum', async () => {
  using bench = new StageBench();
  const found = async (board: number) => {
    const png = { encode: (image: Sharp) => image.png() };
    const { metrics } = await audit(
      bench,
      clean(60, (label) => ({ ...png, board: label * board })),
    );
    return metrics.spectrum;
  };
  const { frequency, p, largestGap } = await found(2);
  assert.ok(
    frequency > 0.68 && p < 1e-6 && largestGap > 2,
    JSON.stringify({ frequency, p, largestGap }),
  );
  assert.ok((await found(0)).p > 0.05);
});
