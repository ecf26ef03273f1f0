import assert from 'node:assert/strict';
import { test } from 'node:test';
import { endOf, Project } from './support/rig.ts';

const stages = `
  made: { kind: make-faces, with: { size: 64, images: { train: 8, val: 6, test: 4 } } }
  faces: { kind: load-dataset, inputs: { images: made.faces } }
  seen:
    kind: embed
    inputs: { dataset: faces.dataset }
    with: { model: { layers: [{ conv: 8, kernel: 5, stride: 4 }, relu, globalAveragePool, { dense: 2 }] }, imageSize: 32 }
`;
const head = (name: string, units: number) => `
  ${name}:
    kind: train
    inputs: { features: seen.features }
    with: { model: { layers: [{ dense: ${units} }, relu, { dense: 2 }] }, epochs: 1, batchSize: 4 }
`;

test('any number of heads share features that were computed once, and are scored on them', async () => {
  const scores = `
  scores: { kind: evaluate, inputs: { model: small.model, features: seen.features } }
`;
  using project = new Project(`stages:${stages}${head('small', 4)}${head('large', 16)}${scores}`);
  const first = await project.run();
  assert.deepEqual(
    first.outcomes,
    { made: 'ran', faces: 'ran', seen: 'ran', small: 'ran', large: 'ran', scores: 'ran' },
    first.stdout + first.stderr,
  );
  assert.equal(project.read('artifacts/test/scores/scores.csv').split('\n').length, 1 + 12 + 8 + 1);

  project.write(
    'pipelines/test.yaml',
    `stages:${stages}${head('small', 4)}${head('large', 32)}${scores}`,
  );
  const { outcomes } = await project.run();
  assert.deepEqual(
    { seen: outcomes['seen'], small: outcomes['small'], large: outcomes['large'] },
    {
      seen: 'up to date',
      small: 'up to date',
      large: 'ran',
    },
  );

  project.write('pipelines/other.yaml', `stages:${stages}${head('third', 2)}`);
  const otherEnd = await endOf(project.start('run', 'other.yaml', '--reporter', 'json'));
  assert.deepEqual(
    { seen: otherEnd.outcomes['seen'], third: otherEnd.outcomes['third'] },
    { seen: 'restored', third: 'ran' },
  );
});

test('a dataset and features at once are a mistake with a position', async () => {
  using project = new Project(`stages:${stages}
  fit:
    kind: train
    inputs: { dataset: faces.dataset, features: seen.features }
`);
  const { code, stderr } = await project.command('plan', 'test.yaml');
  assert.equal(code, 1);
  assert.match(
    stderr,
    /^pipelines\/test.yaml:9:3: error: expected one of the inputs "dataset" and "features", got both \[wrong-settings\]/,
  );
});
