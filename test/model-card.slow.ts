import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { parse } from 'yaml';
import { Project, pipeline } from './support/rig.ts';

const yaml = `stages:
  drawn: { kind: make-faces, with: { size: 48, images: { train: 24, val: 12, test: 12 } } }
  faces: { kind: load-dataset, inputs: { images: drawn.faces } }
  fit:
    kind: train
    inputs: { dataset: faces.dataset }
    with: { model: { layers: [{ conv: 4, stride: 2 }, relu, globalAveragePool, { dense: 2 }] }, imageSize: 32, epochs: 1 }
  scores: { kind: evaluate, inputs: { model: fit.model, dataset: faces.dataset }, with: { splits: [test] } }
`;
const project = new Project(yaml);
after(() => project[Symbol.dispose]());
const exported = (words: string) => project.type(`node ${pipeline} export ${words}`).ended;

test('a model card says what was recorded of the model, its data set and its scores, and marks what only people know', async () => {
  const run = await project.run();
  assert.equal(run.code, 0, run.stderr + run.stdout);
  const told = await exported('card.md test.yaml fit --model-card --license CC-BY-4.0');
  assert.deepEqual(
    [told.code, told.stdout],
    [0, 'Described the model of fit in card.md.\n'],
    told.stderr,
  );
  const [, head = '', text = ''] = project.read('card.md').split('---\n', 3);
  const metadata = parse(head);
  assert.equal(metadata.license, 'cc-by-4.0');
  const metrics = JSON.parse(project.read('artifacts/test/scores/metrics.json'));
  const [result] = metadata['model-index'][0].results;
  assert.deepEqual(result.dataset, { name: 'faces', type: 'images', split: 'test' });
  assert.deepEqual(
    result.metrics.find(({ type }: { type: string }) => type === 'roc_auc'),
    { type: 'roc_auc', value: metrics.splits.test.auc },
  );
  // (3 x 3 x 3 + 1) x 4 of the convolution, and (4 + 1) x 2 of the dense layer.
  assert.match(text, /122 learnable parameters/);
  assert.match(text, /\| train \| real \| .*\| 24 \|/);
  assert.match(text, /epochs: 1\n/);
  assert.match(text, /### scores\n[\s\S]*\| test \| 24 \|/);
  assert.match(text, /restage predict artifacts\/test\/fit\/model path\/to\/images/);
  assert.equal(text.match(/To be written by the author/g)?.length, 3);
});

test('a card needs one model and a licence, and a new file', async () => {
  const again = await exported('card.md test.yaml fit --model-card --license MIT');
  assert.match(again.stderr, /card\.md is there already/);
  const without = await exported('other.md test.yaml fit --model-card');
  assert.match(without.stderr, /add `--license CC-BY-4\.0`/);
  const data = await exported('other.md test.yaml faces --model-card --license MIT');
  assert.match(data.stderr, /No stage of test has published a model/);
  const both = await exported('other.md test.yaml fit --model-card --croissant --license MIT');
  assert.match(both.stderr, /Expected one of --rocrate, --croissant, --model-card and --page/);
  assert.equal(project.has('other.md'), false);
});

test('a crate knows the data set of which a stage read some splits', async () => {
  assert.equal((await exported('crate test.yaml --rocrate --license MIT')).code, 0);
  const graph: readonly Record<string, unknown>[] = JSON.parse(
    project.read('crate/ro-crate-metadata.json'),
  )['@graph'];
  const action = graph.find(
    (entity) =>
      entity['@type'] === 'CreateAction' && JSON.stringify(entity['name']).includes('fit'),
  );
  assert.match(JSON.stringify(action?.['object']), /artifacts\/test\/faces\/dataset/);
});
