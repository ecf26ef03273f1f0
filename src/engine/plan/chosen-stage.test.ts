import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { asType } from '../../../test/support/partial-value.ts';
import { stageOf, TestProject, value } from '../config/testing-kinds.ts';
import { Graph } from '../graph/graph.ts';
import { LocalStore } from '../store/local-store.ts';
import type { Store } from '../store/store.ts';
import { UnsharedStore } from '../store/unshared-store.ts';
import { chosenStage } from './chosen-stage.ts';
import type { OutputsOf } from './examine.ts';

const sweep = `stages:
  fit1:
    kind: train
    matrix: { sample: { rate: { uniform: [0.1, 0.3] }, count: 3 } }
    inputs: { dataset: data/ }
    with: { rate: "\${matrix.sample.rate}" }
  best1: { kind: command, inputs: { models: [fit1.model] }, outputs: { choice: out/1.json }, with: { run: x } }
  fit2:
    kind: train
    matrix: { slot: { of: fit1, by: best1.choice, count: 2 } }
    inputs: { dataset: data/ }
    with: { rate: "\${matrix.slot.rate}" }
  best2: { kind: command, inputs: { models: [fit2.model] }, outputs: { choice: out/2.json }, with: { run: x } }
  fit3:
    kind: train
    matrix: { slot: { of: fit2, by: best2.choice, count: 1 } }
    inputs: { dataset: data/ }
    with: { rate: "\${matrix.slot.rate}" }
  scores: { kind: evaluate, inputs: { model: fit2.model, dataset: data/ } }
  roc: { kind: roc, inputs: { scores: [scores.scores] }, with: { columns: [slot.rate] } }
`;

/** The stage of a slot, with choices that are written as they would be published. */
async function chosen(name: string, choices: Readonly<Record<string, unknown>>, text = sweep) {
  using project = new TestProject({ 'pipelines/p.yaml': text });
  const pipeline = value(await project.load());
  for (const [path, ranking] of Object.entries(choices)) {
    mkdirSync(dirname(join(project.root, path)), { recursive: true });
    writeFileSync(join(project.root, path), JSON.stringify({ ranking }));
  }
  const store = new UnsharedStore(new LocalStore(project.root, () => {}));
  const outputsOf = asType<OutputsOf>(() => ({
    choice: { files: [{ digest: '0'.repeat(64) }] },
  }));
  const stage = await chosenStage(
    stageOf(pipeline, name),
    { pipeline, store, graph: new Graph(pipeline) },
    outputsOf,
  );
  return { stage, candidates: pipeline.stages.slice(0, 3) };
}

const first = [{ sample: '3' }, { sample: '2' }, { sample: '1' }];
const second = [{ slot: '2' }, { slot: '1' }];

test('a slot is the stage of the candidate that was chosen for it, as if the file had its settings', async () => {
  const { stage, candidates } = await chosen('fit2[slot=1]', { 'out/1.json': first });
  const { keyedSettings, settings } = candidates[2]!;
  assert.deepEqual(
    [stage.keyedSettings, stage.settings, stage.inputs.map(({ port }) => port)],
    [keyedSettings, settings, ['dataset']],
  );
  assert.deepEqual(
    [stage.name, stage.slot, stage.drawn],
    ['fit2[slot=1]', undefined, { rate: keyedSettings['rate'] }],
  );
});

test('a choice that is elsewhere is fetched; where it is lost, its stage must run again', async () => {
  using project = new TestProject({ 'pipelines/p.yaml': sweep });
  const pipeline = value(await project.load());
  const store: Store = new UnsharedStore(new LocalStore(project.root, () => {}));
  const outputsOf = asType<OutputsOf>(() => ({
    choice: { files: [{ digest: '0'.repeat(64) }] },
  }));
  const choose = () =>
    chosenStage(
      stageOf(pipeline, 'fit2[slot=1]'),
      { pipeline, store, graph: new Graph(pipeline) },
      outputsOf,
    );
  store.fetch = async () => false;
  await assert.rejects(choose(), { name: 'LostInput', stage: 'best1' });
  store.fetch = async ([artifact]) => {
    const object = store.local.objectPath(artifact!.files[0]!.digest);
    mkdirSync(dirname(object), { recursive: true });
    writeFileSync(object, JSON.stringify({ ranking: first }));
    return true;
  };
  assert.deepEqual((await choose()).keyedSettings, pipeline.stages[2]!.keyedSettings);
});

test('of a choice among slots, the candidate is the one that filled the slot', async () => {
  const { stage, candidates } = await chosen('fit3[slot=1]', {
    'out/1.json': first,
    'out/2.json': second,
  });
  assert.deepEqual(stage.keyedSettings, candidates[1]!.keyedSettings);
});

test('settings that a stage shows of what it reads are those of the candidates that were chosen', async () => {
  const { stage, candidates } = await chosen('roc', { 'out/1.json': first });
  const rates = candidates.map(({ keyedSettings }) => String(keyedSettings['rate']));
  assert.deepEqual(
    stage.inputs[0]!.items.map(({ labels, chosen }) => [labels, chosen]),
    [
      [{ slot: '1', 'slot.rate': rates[2] }, undefined],
      [{ slot: '2', 'slot.rate': rates[1] }, undefined],
    ],
  );
});

test('a choice that does not fill the slot is reported', async () => {
  const chosenWith = (ranking: unknown) => chosen('fit2[slot=2]', { 'out/1.json': ranking });
  await assert.rejects(chosenWith(first.slice(0, 1)), {
    message: 'expected choice 2 by the axis "sample" in the ranking of best1.choice, got 1 choice',
  });
  await assert.rejects(chosenWith([{}, {}]), {
    message: 'expected choice 2 by the axis "sample" in the ranking of best1.choice, got 2 choices',
  });
  await assert.rejects(chosenWith([{}, { sample: '4' }]), {
    message: 'was given "4" by best1.choice, which is no candidate',
  });
  await assert.rejects(chosenWith(undefined), {
    message: 'expected choice 2 by the axis "sample" in the ranking of best1.choice, got 0 choices',
  });
});

/** Candidates with two seeds each. */
const seeds = `stages:
  fit:
    kind: train
    matrix: { sample: { rate: { uniform: [0.1, 0.3] }, count: 3 }, seed: [1, 2] }
    inputs: { dataset: data/ }
    with: { rate: "\${matrix.sample.rate}", seed: "\${matrix.seed}" }
  best: { kind: command, inputs: { models: [fit.model] }, outputs: { choice: out/1.json }, with: { run: x } }
  last:
    kind: train
    matrix: { slot: { of: fit, by: best.choice, axes: [sample], count: 2 }, seed: [1, 2] }
    inputs: { dataset: data/, start: "fit[slot].model" }
    with: { rate: "\${matrix.slot.rate}", seed: "\${matrix.seed}", epochs: 9 }
`;

test('a slot reads the outputs of the candidate that was chosen, as if the file named it', async () => {
  const { stage, candidates } = await chosen('last[seed=2,slot=2]', { 'out/1.json': first }, seeds);
  const start = stage.inputs.find(({ port }) => port === 'start')!;
  assert.deepEqual(start, {
    port: 'start',
    list: false,
    items: [{ from: 'stage', stage: 'fit[sample=2,seed=2]', port: 'model', labels: {} }],
    at: asType<{ at: unknown }>(start).at,
  });
  assert.equal(stage.filling, 'slot 2 holds sample 2');
  assert.equal(stage.keyedSettings['rate'], candidates[2]!.keyedSettings['rate']);
});

test('of slots among slots, the output is that of the slot that was chosen', async () => {
  const text = sweep.replace(
    /(fit3:[\s\S]*?)inputs: \{ dataset: data\/ \}/,
    '$1inputs: { dataset: data/, start: "fit2[slot].model" }',
  );
  const { stage } = await chosen(
    'fit3[slot=1]',
    { 'out/1.json': first, 'out/2.json': second },
    text,
  );
  const [item] = stage.inputs.find(({ port }) => port === 'start')!.items;
  assert.equal('stage' in item! && item.stage, 'fit2[slot=2]');
});

test('a ranking that names a candidate twice has not pooled something, and says what', async () => {
  const ranking = ['1', '2'].map((seed) => ({ sample: '3', seed }));
  await assert.rejects(chosen('last[seed=1,slot=1]', { 'out/1.json': ranking }, seeds), {
    message:
      'expected each candidate once in the ranking of best.choice, got sample 3 twice: pool seed, as `over` of select does, or name it under "axes" of the slots',
  });
});
