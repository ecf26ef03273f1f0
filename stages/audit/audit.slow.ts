import assert from 'node:assert/strict';
import { test } from 'node:test';
import { StageBench } from '../../test/support/stage-bench.ts';
import { audit, clean, jpeg } from './testing-audit.ts';

test('qualities between those of the other class are found, which no line parts from them', async () => {
  using bench = new StageBench();
  const quality = (label: number, index: number) => (label === 1 ? 80 : index % 4 === 0 ? 70 : 90);
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
  assert.ok(lighter.metrics.meanFaces.difference > 2 * lighter.metrics.meanFaces.byChance);
  assert.equal(lighter.metrics.shortcuts.encoding, 0.5);
});

test('copies stay in one fold, so that a picture that is often there does not give away its class', async () => {
  using bench = new StageBench();
  const { metrics } = await audit(
    bench,
    clean(80, (label, index) => ({ seed: 2 * ((index % 16) >> 1) + label, split: 'train' })),
  );
  assert.ok(metrics.shortcuts.thumbnail < 0.9, `${metrics.shortcuts.thumbnail}`);
  // Of eight pictures a class, however often each is there, little can be known.
  const [low, high] = metrics.shortcuts.intervals.thumbnail;
  assert.ok(high - low > 0.3, `${low} to ${high}`);
});
