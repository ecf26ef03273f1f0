import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { setBackend } from '@tensorflow/tfjs';
import { buildNet } from '../../../src/learning/models/build-net.ts';
import { initialiseWeights } from '../../../src/learning/models/initial-weights.ts';
import { saveModel } from '../../../src/learning/models/model-files.ts';
import type { ModelInfo } from '../../../src/learning/models/model-info.ts';
import { netOf } from '../../../src/learning/models/model-setting.ts';
import { StageBench } from '../../../test/support/stage-bench.ts';
import run from '../run.ts';
import { spec } from '../spec.ts';

const info: ModelInfo = {
  architecture: 'tiny-xception',
  classes: ['real', '</script><script>alert(1)</script>'],
  input: {
    size: 24,
    fit: 'cover',
    kernel: 'linear',
    normalise: { mean: [0.5, 0.5, 0.5], deviation: [1, 1, 1] },
  },
  training: { epochs: 1 },
  chosenEpoch: 1,
  backend: 'onnxruntime',
};

async function modelIn(bench: StageBench, changes: Partial<ModelInfo> = {}): Promise<string> {
  const model = buildNet(netOf('tiny-xception'), 24);
  initialiseWeights(model, 1);
  const folder = join(bench.root, 'model');
  await saveModel(folder, { model, info: { ...info, ...changes } });
  return folder;
}

before(() => setBackend('cpu'));

const factsIn = (page: string) =>
  JSON.parse(/<script type="application\/json" id="facts">(.*?)<\/script>/s.exec(page)![1]!);

test('the page of a model is one file, whose policy lets it request nothing, and no name of a class leaves its place', async () => {
  using bench = new StageBench();
  const settings = { formats: ['page'], title: 'A & <b>' };
  await bench.run(spec, run, { inputs: { model: await modelIn(bench) }, with: settings });
  assert.deepEqual(readdirSync(bench.output('files')).sort(), ['info.json', 'model.html']);
  const page = readFileSync(join(bench.output('files'), 'model.html'), 'utf8');
  assert.match(
    page,
    /default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'sha256-/,
  );
  assert.doesNotMatch(page, /connect-src|unsafe-eval' *'|https?:\/\/[^ ]*\.(js|wasm|css)/);
  assert.match(page, /<h1>A &#38; &#60;b&#62;<\/h1>/);
  assert.doesNotMatch(page, /<script>alert/);
  assert.deepEqual(factsIn(page).classes, info.classes);
  assert.match(page, /are not calibrated: networks tend/);
});

test('a page has kernels of 16 bits where these give the scores of the network', async () => {
  using bench = new StageBench();
  const inputs = { model: await modelIn(bench) };
  await bench.run(spec, run, { inputs, with: { formats: ['page'] } });
  const [, difference] =
    /kernels of 16 bits; for noise its scores differ .* by ([\d.e-]+) of the largest/.exec(
      bench.infos.join('\n'),
    )!;
  assert.ok(Number(difference) > 0 && Number(difference) < 0.002, difference);
});

test('a page divides logits by the temperature that the scores of val have', async () => {
  using bench = new StageBench();
  const classes = ['real', 'fake'];
  const scores = join(bench.root, 'scores.csv');
  const lines = ['key,split,label,score.real,score.fake'];
  // The example of fitTemperature: differences -1 1 1 1 of labels 0 0 1 1.
  for (const [key, label, fake] of [
    ['a', 'real', -1],
    ['b', 'real', 1],
    ['c', 'fake', 1],
    ['d', 'fake', 1],
  ])
    lines.push(`${key},val,${label},0,${fake}`);
  writeFileSync(scores, `${lines.join('\n')}\n`);
  const metrics = join(bench.root, 'metrics.json');
  writeFileSync(
    metrics,
    JSON.stringify({
      splits: {
        val: { accuracy: 0.8 },
        test: { accuracy: 0.75, auc: 0.7, intervals: { auc: [0.6, 0.8] } },
      },
    }),
  );
  const inputs = { model: await modelIn(bench, { classes }), scores, metrics };
  await bench.run(spec, run, { inputs, with: { formats: ['page'] } });
  const page = readFileSync(join(bench.output('files'), 'model.html'), 'utf8');
  assert.ok(Math.abs(factsIn(page).temperature - 1 / Math.log(3)) < 1e-9);
  assert.match(page, /Calibrated by temperature 0\.910, fitted to 4 images of val\./);
  assert.match(page, /accuracy on test<\/th><td>0\.750</);
  assert.match(page, /AUC on test<\/th><td>0\.700 \(0\.600–0\.800\)</);
  assert.doesNotMatch(page, /accuracy on val/);

  writeFileSync(scores, lines.join('\n').replaceAll('val', 'test'));
  await assert.rejects(
    bench.run(spec, run, { inputs, with: { formats: ['page'] } }),
    /Expected scores of val, to which a temperature is fitted, got none\. Evaluate with splits: \[val, test\]/,
  );
});

test('what only the page has is a mistake without it', () => {
  const settings = { ...spec.settings.parse({}), title: 'Mine' };
  const mistakes = spec.check!(settings, new Set(['model', 'scores']));
  assert.deepEqual(
    mistakes.map(({ message }) => message),
    [
      'expected "page" among the formats, which it is the heading of',
      'scores is for the format page alone: add "page" to formats',
    ],
  );
});
