import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { csvRecords } from '../../src/csv.ts';
import { minimise } from '../../src/learning/metrics/arithmetic/minimise.ts';
import { parseMetrics } from '../../src/learning/metrics/metrics-file.ts';
import { loadModel } from '../../src/learning/models/model-files.ts';
import { writeFeatures } from '../../test/support/features-artifact.ts';
import { StageBench } from '../../test/support/stage-bench.ts';
import evaluate from '../evaluate/run.ts';
import { spec as evaluateSpec } from '../evaluate/spec.ts';
import { logisticRegressions, logitsOf } from './logistic-regression.ts';
import run from './run.ts';
import { spec } from './spec.ts';

interface GoldenCase {
  readonly name: string;
  readonly width: number;
  readonly classes: number;
  readonly labels: number[];
  readonly values: number[];
  readonly fits: readonly {
    readonly c: number;
    readonly norm: number;
    readonly logits: number[];
  }[];
}

const golden = JSON.parse(
  readFileSync(new URL('../../test/golden/logistic-regression.json', import.meta.url), 'utf8'),
) as readonly GoldenCase[];

test('fits are those of Newton’s method, for two classes, three, and more values than rows', () => {
  for (const { name, width, classes, labels, values, fits } of golden) {
    const rows = { width, labels, values: Float32Array.from(values) };
    const strengths = fits.map(({ c }) => c).toReversed();
    for (const [i, fit] of [...logisticRegressions(rows, classes, strengths)].entries()) {
      const expected = fits[i]!;
      const context = `${name}, C = ${fit.c}`;
      assert.ok(fit.isConverged, context);
      assert.equal(fit.c, expected.c, context);
      assert.ok(Math.abs(fit.weightNorm / expected.norm - 1) < 1e-3, context);
      const logits = logitsOf(rows, fit.classifier);
      for (let row = 0; row < labels.length; row++) {
        const own = logits.subarray(row * classes, (row + 1) * classes);
        const mean = own.reduce((sum, value) => sum + value, 0) / classes;
        for (const [c, value] of own.entries())
          assert.ok(Math.abs(value - mean - expected.logits[row * classes + c]!) < 2e-3, context);
      }
    }
  }
});

test('the minimiser finds the bottom of a long valley, and says where it did not', () => {
  const valley = (at: Float64Array, gradient: Float64Array) => {
    let value = 0;
    for (let i = 0; i < at.length; i++) {
      const scale = 10 ** (i % 5);
      value += (scale * (at[i]! - i) ** 2) / 2;
      gradient[i] = scale * (at[i]! - i);
    }
    return value;
  };
  const start = new Float64Array(20);
  const found = minimise(valley, start, { tolerance: 1e-8, mostIterations: 500 });
  assert.ok(found.isConverged);
  assert.ok(found.at.every((value, i) => Math.abs(value - i) < 1e-6));
  assert.ok(!minimise(valley, start, { tolerance: 1e-8, mostIterations: 2 }).isConverged);
});

const features = async (bench: StageBench) => {
  const folder = join(bench.root, 'features');
  await writeFeatures(folder, { train: 60, val: 40, test: 40 });
  return folder;
};

test('the strength is chosen on val, and evaluate scores features with the model', async () => {
  using bench = new StageBench();
  const inputs = { features: await features(bench) };
  await bench.run(spec, run, { inputs, with: { by: 'loss', strengths: [100, 0.0001, 0.1] } });
  const [header, ...rows] = [
    ...csvRecords(readFileSync(bench.output('path', spec.outputs['path']), 'utf8')),
  ].map(({ fields }) => fields);
  assert.deepEqual(header, ['c', 'trainLoss', 'valLoss', 'weightNorm', 'iterations', 'kept']);
  assert.deepEqual(
    rows.map(([c]) => c),
    ['0.0001', '0.1', '100'],
  );
  const losses = rows.map(([, , loss]) => Number(loss));
  const least = losses.indexOf(Math.min(...losses));
  assert.deepEqual(
    rows.map((row) => row.at(-1)),
    rows.map((_, i) => (i === least ? 'yes' : '')),
  );
  const norms = rows.map(([, , , norm]) => Number(norm));
  assert.deepEqual(
    norms,
    norms.toSorted((a, b) => a - b),
  );

  const model = bench.output('model');
  const { info } = await loadModel(model);
  assert.deepEqual(info.training, {
    regression: 'logistic',
    c: Number(rows[least]![0]),
    by: 'loss',
  });
  assert.deepEqual(info.input, { values: 8, of: { layer: 'made up' } });
  using scored = new StageBench();
  await scored.run(evaluateSpec, evaluate, {
    inputs: { model, ...inputs },
    with: { splits: ['val', 'test'] },
  });
  const metrics = parseMetrics(
    readFileSync(scored.output('metrics', evaluateSpec.outputs['metrics']), 'utf8'),
  );
  assert.ok(metrics.ok);
  assert.ok(metrics.value.values.get('test.auc')! > 0.98);
  assert.ok(Math.abs(metrics.value.values.get('val.loss')! - losses[least]!) < 1e-5);
});

test('the same features give the same bytes, and a kept end of the candidates causes a warning', async () => {
  using bench = new StageBench();
  const inputs = { features: await features(bench) };
  const bytes = async () => {
    await bench.run(spec, run, { inputs, with: { by: 'loss', strengths: [0.00001, 0.0001] } });
    return readFileSync(join(bench.output('model'), 'weights.bin'));
  };
  assert.deepEqual(await bytes(), await bytes());
  assert.equal(
    bench.warnings[0],
    'The largest of the strengths, 0.0001, was kept: one beyond it may be better. Add it to "strengths".',
  );
  const lines = bench.highlights[0]!;
  assert.equal(lines.title, 'Regularisation, chosen by loss on val');
  assert.deepEqual(
    lines.rows.map((row) => row.at(-1)),
    ['', 'kept'],
  );
});

test('a point of a learning curve is a fit to a part of train, and the last one a fit to all of it', async () => {
  using bench = new StageBench();
  const inputs = { features: await features(bench) };
  const fit = async (settings: object) => {
    await bench.run(spec, run, { inputs, with: { strengths: [0.1, 1, 10], ...settings } });
    return readFileSync(join(bench.output('model'), 'weights.bin'));
  };
  const all = await fit({});
  assert.deepEqual(await fit({ images: 60 }), all);
  const twenty = await fit({ images: 20 });
  assert.deepEqual((await loadModel(bench.output('model'))).info.training['images'], 20);
  assert.deepEqual(await fit({ images: 20, seed: 7 }), twenty);
  assert.notDeepEqual(twenty, all);
  assert.notDeepEqual(await fit({ images: 20, seed: 8 }), twenty);
  await assert.rejects(fit({ images: 61 }), {
    message: 'Expected at most the 60 images of train as "images", got 61.',
  });
});
