import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { load, mistakes, shownMistakes, stageOf, TestProject, value } from '../testing-kinds.ts';
import { paramsOption } from './command-line.ts';

const yaml = `params: { n: 3, adam: { kind: adam, learningRate: 0.1 } }
stages:
  faces: { kind: load, inputs: { images: data/ } }
  fit: { kind: train, inputs: { dataset: faces.dataset }, with: { epochs: "\${params.n}", optimizer: "\${params.adam}" } }
  other: { kind: train, matrix: { rate: [0.1, 0.2] }, inputs: { dataset: faces.dataset }, with: { rate: "\${matrix.rate}" } }
`;

test('--set sets a setting of a stage, written or not, and inside the map of a parameter', async () => {
  const set = ['fit.epochs=9', 'fit.seed=4', 'fit.optimizer.learningRate=0.5', 'other.seed=7'];
  const pipeline = await load(yaml, set);
  assert.deepEqual(stageOf(pipeline, 'fit').settings, {
    model: 'simple-net',
    epochs: 9,
    seed: 4,
    optimizer: { kind: 'adam', learningRate: 0.5 },
  });
  assert.deepEqual(
    ['other[rate=0.1]', 'other[rate=0.2]'].map((name) => stageOf(pipeline, name).keyedSettings),
    [
      { rate: 0.1, seed: 7 },
      { rate: 0.2, seed: 7 },
    ],
  );
  assert.deepEqual(pipeline.changes, [
    { name: 'fit.epochs', value: '9', from: '--set', before: '"${params.n}"' },
    { name: 'fit.seed', value: '4', from: '--set' },
    { name: 'fit.optimizer.learningRate', value: '0.5', from: '--set' },
    { name: 'other.seed', value: '7', from: '--set' },
  ]);
});

test('a value of --set may be computed, and a set stage is the same work as a written one', async () => {
  const set = await load(yaml, ['fit.epochs=${params.n * 2}']);
  const written = await load(yaml.replace('"${params.n}"', '6'), []);
  const keyed = stageOf(set, 'fit').keyedSettings;
  assert.deepEqual(keyed, stageOf(written, 'fit').keyedSettings);
});

test('a wrong setting of a stage is reported on the command line', async () => {
  assert.match(
    await mistakes(yaml, ['fot.epochs=9']),
    /^--set:1:1: error: There is no stage "fot" to set \[unknown-stage\].*Did you mean "fit"\?/s,
  );
  assert.match(
    await mistakes(yaml, ['fit.epoch=9']),
    /^--set:1:1: error: Unknown key "epoch" in "with" \[unknown-key\].*Did you mean "epochs"\?/s,
  );
  assert.match(
    await mistakes(yaml, ['fit.epochs=few']),
    /^--set:1:12: error: Expected a number for "with\.epochs", got "few"/,
  );
  assert.match(
    await mistakes(yaml, ['fit.epochs.x=1']),
    /^--set:1:1: error: Cannot set "x" inside 3 \[wrong-set\]/,
  );
});

test('a file of parameters merges its maps, and --set has the last word', async () => {
  using project = new TestProject({
    'pipelines/p.yaml': yaml,
    'fast.yaml': 'n: 1\nadam:\n  learningRate: 0.2\n',
  });
  const file = paramsOption + join(project.root, 'fast.yaml');
  const fast = value(await project.load([file]));
  const { epochs, optimizer } = stageOf(fast, 'fit').settings;
  assert.deepEqual(
    { epochs, optimizer },
    { epochs: 1, optimizer: { kind: 'adam', learningRate: 0.2 } },
  );
  assert.deepEqual(fast.changes, [
    { name: 'params.n', value: '1', from: 'fast.yaml:1', before: '3' },
    {
      name: 'params.adam',
      value: '{"learningRate":0.2}',
      from: 'fast.yaml:2',
      before: '{"kind":"adam","learningRate":0.1}',
    },
  ]);
  assert.ok(fast.sources.files.includes(join(project.root, 'fast.yaml')), 'a run looks again');
  const last = value(await project.load(['params.n=5', file]));
  assert.equal(stageOf(last, 'fit').settings['epochs'], 5);
});

test('a wrong file of parameters is reported at its line', async () => {
  using project = new TestProject({ 'pipelines/p.yaml': yaml, 'wrong.yaml': 'adam: {}\nm: 1\n' });
  const load = async (name: string) =>
    shownMistakes(await project.load([paramsOption + join(project.root, name)]));
  assert.match(
    await load('wrong.yaml'),
    /^wrong\.yaml:2:1: error: Unknown parameter "m" \[unknown-param\]/,
  );
  assert.match(await load('none.yaml'), /^error: There is no file "none\.yaml" \[missing-file\]/);
});
