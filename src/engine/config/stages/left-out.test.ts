import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Pipeline } from '../pipeline.ts';
import { load, mistakes, shownMistakes, stageOf, TestProject, value } from '../testing-kinds.ts';

const names = (pipeline: Pipeline) => pipeline.stages.map(({ name }) => name);

const faces = 'faces: { kind: load, inputs: { images: data/ } }';

test('exclude and include say which combinations of a matrix there are, also for its readers', async () => {
  const pipeline = await load(`stages:
  ${faces}
  fit:
    kind: train
    matrix:
      net: [{ id: small, rate: 0.1 }, { id: large, rate: 0.2 }]
      seed: [1, 2, 3]
      exclude: [{ net: large, seed: [2, 3] }]
      include: [{ net: small, seed: 9 }]
    inputs: { dataset: faces.dataset }
    with: { rate: "\${matrix.net.rate}", seed: "\${matrix.seed}" }
  scores: { kind: evaluate, inputs: { model: fit.model, dataset: faces.dataset } }
  curve: { kind: roc, inputs: { scores: [scores.scores] } }
`);
  const combinations = [
    'net=small,seed=1',
    'net=small,seed=2',
    'net=small,seed=3',
    'net=small,seed=9',
    'net=large,seed=1',
  ];
  assert.deepEqual(names(pipeline), [
    'faces',
    ...combinations.map((labels) => `fit[${labels}]`),
    ...combinations.map((labels) => `scores[${labels}]`),
    'curve',
  ]);
  assert.deepEqual(stageOf(pipeline, 'fit[net=small,seed=9]').keyedSettings, {
    rate: 0.1,
    seed: 9,
  });
  assert.deepEqual([...pipeline.leftOut], [], 'nobody misses a combination that is excluded');
});

test('a matrix may leave only a diagonal', async () => {
  const pipeline = await load(`stages:
  ${faces}
  fit:
    kind: train
    matrix: { rate: [0.1, 0.2], seed: [1, 2], exclude: [{ rate: 0.1, seed: 2 }, { rate: 0.2, seed: 1 }] }
    inputs: { dataset: faces.dataset }
    with: { rate: "\${matrix.rate}", seed: "\${matrix.seed}" }
`);
  assert.deepEqual(names(pipeline), ['faces', 'fit[rate=0.1,seed=1]', 'fit[rate=0.2,seed=2]']);
});

test('wrong combinations are reported at their place', async () => {
  const text = await mistakes(`stages:
  ${faces}
  fit:
    kind: train
    matrix: { rate: [0.1, 0.2], seed: [1, 2], exclude: [{ rat: 0.1 }, { rate: 0.3 }], include: [{ rate: 0.5 }] }
    inputs: { dataset: faces.dataset }
    with: { rate: "\${matrix.rate}", seed: "\${matrix.seed}" }
`);
  for (const line of [
    '5:59: error: The matrix has no axis "rat" [unknown-axis]',
    '5:79: error: The axis "rate" has no value "0.3" [unknown-axis]',
    '5:97: error: This combination lacks a value of the axis "seed" [missing-key]',
  ]) {
    assert.ok(text.includes(`pipelines/p.yaml:${line}`), `${line}\nis not in\n${text}`);
  }
});

test('when leaves a stage out, with those that need it; lists and optional inputs do without', async () => {
  const text = `params: { large: false }
stages:
  ${faces}
  small: { kind: train, inputs: { dataset: faces.dataset } }
  large: { kind: train, when: "\${params.large}", inputs: { dataset: faces.dataset }, with: { epochs: 9 } }
  further: { kind: train, inputs: { dataset: faces.dataset, start: large.model }, with: { epochs: 7 } }
  a: { kind: evaluate, inputs: { model: small.model, dataset: faces.dataset } }
  b: { kind: evaluate, inputs: { model: large.model, dataset: faces.dataset } }
  both: { kind: roc, inputs: { scores: [a.scores, b.scores] } }
  only: { kind: roc, inputs: { scores: [b.scores] }, with: { title: only } }
  last: { kind: load, after: [b], inputs: { images: data/ }, with: { set: x } }
`;
  const without = await load(text);
  assert.deepEqual(names(without), ['faces', 'small', 'further', 'a', 'both', 'last']);
  assert.deepEqual(
    [...without.leftOut],
    [
      ['large', 'its "when" is false'],
      ['b', 'it needs large'],
      ['only', 'it needs b'],
    ],
  );
  assert.deepEqual(
    stageOf(without, 'further').inputs.map(({ port }) => port),
    ['dataset'],
  );
  const whole = await load(text, ['params.large=true']);
  assert.equal(whole.stages.length, 9);
  const fingerprinted = stageOf(whole, 'large');
  assert.equal('when' in fingerprinted, false, 'no part of the stage, so of no fingerprint');
});

test('when may ask for a combination of the matrix', async () => {
  const pipeline = await load(`stages:
  ${faces}
  fit:
    kind: train
    when: "\${matrix.rate < 0.2 or matrix.seed == 1}"
    matrix: { rate: [0.1, 0.2], seed: [1, 2] }
    inputs: { dataset: faces.dataset }
    with: { rate: "\${matrix.rate}", seed: "\${matrix.seed}" }
  scores: { kind: evaluate, inputs: { model: fit.model, dataset: faces.dataset } }
`);
  assert.deepEqual(names(pipeline).slice(1, 4), [
    'fit[rate=0.1,seed=1]',
    'fit[rate=0.1,seed=2]',
    'fit[rate=0.2,seed=1]',
  ]);
  assert.deepEqual(
    [...pipeline.leftOut],
    [
      ['fit[rate=0.2,seed=2]', 'its "when" is false'],
      ['scores[rate=0.2,seed=2]', 'it needs fit'],
    ],
  );
});

test('when leaves out all stages of an included pipeline', async () => {
  const other = `stages:\n  ${faces}\n  fit: { kind: train, inputs: { dataset: faces.dataset } }\n`;
  using project = new TestProject({
    'pipelines/other.yaml': other,
    'pipelines/p.yaml': `params: { extra: false }
include: { other: { file: other.yaml, when: "\${params.extra}" } }
stages:
  ${faces}
  scores: { kind: evaluate, inputs: { model: other/fit.model, dataset: faces.dataset } }
`,
  });
  const pipeline = value(await project.load());
  assert.deepEqual(names(pipeline), ['faces']);
  assert.deepEqual(
    [...pipeline.leftOut],
    [
      ['other/faces', 'the "when" of "other" is false'],
      ['other/fit', 'the "when" of "other" is false'],
      ['scores', 'it needs other/fit'],
    ],
  );
  const whole = value(await project.load(['params.extra=true']));
  assert.deepEqual(names(whole), ['other/faces', 'other/fit', 'faces', 'scores']);
  const wrong = shownMistakes(await project.load(['params.extra=3']));
  assert.match(wrong, /p\.yaml:2:45: error: Expected true or false for "when", got 3/);
});

test('a misspelt reference to a stage that is left out in part is a mistake as any other', async () => {
  const text = await mistakes(`stages:
  ${faces}
  fit: { kind: train, when: "\${matrix.seed == 1}", matrix: { seed: [1, 2] }, inputs: { dataset: faces.dataset }, with: { seed: "\${matrix.seed}" } }
  a: { kind: evaluate, inputs: { model: "fit[seed=3].model", dataset: faces.dataset } }
  b: { kind: evaluate, when: 2, inputs: { model: "fit[seed=1].model", dataset: faces.dataset } }
`);
  assert.match(text, /4:41: error: The axis "seed" of the stage "fit" has no value "3"/);
  assert.match(text, /5:30: error: Expected true or false for "when", got 2/);
});
