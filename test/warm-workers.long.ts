import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { sha256 } from '../src/digest.ts';
import { permutation, Random } from '../src/random.ts';
import { Project } from './support/rig.ts';

const head = `
  made: { kind: make-faces, with: { size: 48, images: { train: 16, val: 12, test: 12 } } }
  faces: { kind: load-dataset, inputs: { images: made.faces } }
`;

/**
 * Stages of every kind whose process is used again, on networks whose compiled graphs and random
 * numbers could get mixed up.
 */
const stages = {
  audit: 'kind: audit, inputs: { dataset: faces.dataset }',
  dropout:
    'kind: train, inputs: { dataset: faces.dataset }, with: { model: { layers: [{ conv: 4, kernel: 3 }, relu, flatten, { dropout: 0.5 }, { dense: 2 }] }, imageSize: 24, epochs: 2, batchSize: 8 }',
  normed:
    'kind: train, inputs: { dataset: faces.dataset }, with: { model: { layers: [{ conv: 4, kernel: 3 }, batchNorm, relu, globalAveragePool, { dense: 2 }] }, imageSize: 24, epochs: 2, batchSize: 8, augment: { flip: true } }',
  embedded:
    'kind: embed, inputs: { dataset: faces.dataset }, with: { model: { layers: [{ conv: 4, kernel: 3 }, relu, globalAveragePool, { dense: 2 }] }, imageSize: 24 }',
  dropoutScores: 'kind: evaluate, inputs: { model: dropout.model, dataset: faces.dataset }',
  // Many passes of one graph: how many passes had the same weights decides when they become
  // constants, and so the bits.
  normedScores:
    'kind: evaluate, inputs: { model: normed.model, dataset: faces.dataset }, with: { batchSize: 1 }',
  drawn: 'kind: network, with: { model: simple-net }',
  exported: 'kind: export, inputs: { model: normed.model }',
  maps: 'kind: saliency, inputs: { model: dropout.model, dataset: faces.dataset }',
  cams: 'kind: gradcam, inputs: { models: [dropout.model, normed.model], datasets: [faces.dataset, faces.dataset] }',
  trusted:
    'kind: faithfulness, inputs: { model: normed.model, dataset: faces.dataset }, with: { images: 4, curveSteps: 4 }',
  curves: 'kind: plot, inputs: { history: [dropout.history] }',
  roc: 'kind: roc-det, inputs: { scores: [dropoutScores.scores, normedScores.scores] }',
  results: 'kind: table, inputs: { metrics: [normedScores.metrics] }, with: { values: [test.auc] }',
} as const;

type Name = keyof typeof stages;
const names = Object.keys(stages) as Name[];

const text = (order: readonly Name[]): string =>
  `stages:${head}${order.map((name) => `  ${name}: { ${stages[name]} }\n`).join('')}`;

/** The digest of every published file. */
function published(project: Project): Readonly<Record<string, string>> {
  return Object.fromEntries(
    project
      .files('artifacts/test')
      .map((path) => [path, sha256(readFileSync(project.path('artifacts/test', path)))]),
  );
}

test('a stage computes the same bytes in a new process as in one that has run other stages, in any order', async (context) => {
  using cold = new Project(text(names));
  for (const name of ['made', 'faces', ...names]) {
    const { code, stdout } = await cold.command('run', 'test.yaml', name);
    assert.equal(code, 0, stdout);
  }
  const expected = published(cold);
  assert.ok(Object.keys(expected).length > 40);
  const seed = Number(process.env['RESTAGE_SEED'] ?? Date.now() % 1_000_000);
  context.diagnostic(`The orders are those of RESTAGE_SEED=${seed}`);
  const shuffled = [...permutation(names.length, new Random(seed))].map((index) => names[index]!);
  for (const order of [shuffled, shuffled.toReversed()]) {
    using warm = new Project(text(order));
    const { code, stdout, outcomes } = await warm.run('--jobs', '1');
    assert.equal(code, 0, stdout);
    assert.equal(outcomes['results'], 'ran');
    assert.deepEqual(published(warm), expected);
  }
});
