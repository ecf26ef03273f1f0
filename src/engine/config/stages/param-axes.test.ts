import assert from 'node:assert/strict';
import { test } from 'node:test';
import { axisOption } from '../params/command-line.ts';
import { load, mistakes, stageOf, TestProject, value } from '../testing-kinds.ts';

const yaml = `params: { rate: 0.1, adam: { kind: adam, learningRate: "\${params.rate}" }, n: 3 }
stages:
  faces: { kind: load, inputs: { images: data/ } }
  fit: { kind: train, inputs: { dataset: faces.dataset }, with: { optimizer: "\${params.adam}" } }
  other: { kind: train, matrix: { seed: [1, 2] }, inputs: { dataset: faces.dataset }, with: { seed: "\${matrix.seed}" } }
  scores: { kind: evaluate, inputs: { model: fit.model, dataset: faces.dataset } }
`;

const named = async (...axes: readonly string[]) => {
  const pipeline = await load(
    yaml,
    axes.map((text) => axisOption + text),
  );
  return { pipeline, names: pipeline.stages.map(({ name }) => name) };
};

test('an axis for a parameter makes instances of the stages that read it, also through others, and of their readers', async () => {
  const { pipeline, names } = await named('rate=0.1,0.01');
  assert.deepEqual(names, [
    'faces',
    'fit[rate=0.1]',
    'fit[rate=0.01]',
    'other[seed=1]',
    'other[seed=2]',
    'scores[rate=0.1]',
    'scores[rate=0.01]',
  ]);
  assert.deepEqual(
    ['fit[rate=0.1]', 'fit[rate=0.01]'].map(
      (name) => stageOf(pipeline, name).settings['optimizer'],
    ),
    [
      { kind: 'adam', learningRate: 0.1 },
      { kind: 'adam', learningRate: 0.01 },
    ],
  );
  assert.deepEqual(
    pipeline.warnings.map(({ message }) => message),
    ['No stage reads the parameter "n"'],
    'the rate of the file is read',
  );
  assert.deepEqual(pipeline.changes, [{ name: 'rate', value: '[0.1,0.01]', from: '--axis' }]);
  const written = stageOf(await load(yaml.replace('rate: 0.1', 'rate: 0.01')), 'fit');
  assert.deepEqual(
    stageOf(pipeline, 'fit[rate=0.01]').keyedSettings,
    written.keyedSettings,
    'the same work as with the value in the file',
  );
});

test('an axis of the command line replaces the values of one that a stage has, in any form', async () => {
  assert.deepEqual((await named('seed=5,7')).names.slice(2, 4), ['other[seed=5]', 'other[seed=7]']);
  assert.deepEqual((await named('seed={ range: [1, 3] }')).names.slice(2, 5), [
    'other[seed=1]',
    'other[seed=2]',
    'other[seed=3]',
  ]);
});

test('an axis for a setting makes instances of one stage; several axes multiply', async () => {
  const { pipeline, names } = await named('fit.epochs=1,2', 'rate=0.1,0.2', 'fit.seed=5');
  assert.equal(names.filter((name) => name.startsWith('fit[')).length, 4);
  const { epochs, seed, optimizer } = stageOf(pipeline, 'fit[epochs=2,rate=0.2,seed=5]').settings;
  assert.deepEqual(
    { epochs, seed, optimizer },
    { epochs: 2, seed: 5, optimizer: { kind: 'adam', learningRate: 0.2 } },
  );
  const set = await load(yaml, ['fit.optimizer.kind=sgd', `${axisOption}rate=0.1,0.2`]);
  assert.deepEqual(
    stageOf(set, 'fit[rate=0.2]').settings['optimizer'],
    { kind: 'sgd', learningRate: 0.2, momentum: 0.9 },
    'a setting inside a map leaves what else the map reads',
  );
});

test('an axis for a parameter of an included pipeline has its prefix', async () => {
  using project = new TestProject({
    'pipelines/one.yaml': yaml,
    'pipelines/p.yaml': 'include: { one: one.yaml }\nstages: {}\n',
  });
  const pipeline = value(await project.load([`${axisOption}one/rate=0.3,0.4`]));
  const names = pipeline.stages.map(({ name }) => name).filter((name) => name.includes('fit'));
  assert.deepEqual(names, ['one/fit[rate=0.3]', 'one/fit[rate=0.4]']);
});

test('a wrong axis is reported on the command line', async () => {
  const wrong = (text: string) => mistakes(yaml, [axisOption + text]);
  assert.match(
    await wrong('rat=1,2'),
    /^--axis:1:1: error: No stage has an axis "rat", or reads a parameter of this name \[unknown-axis\].*Did you mean "rate"\?/s,
  );
  assert.match(await wrong('fot.epochs=1'), /^--axis:1:1: error: There is no stage "fot" to set/);
  assert.match(
    await wrong('rate'),
    /^--axis:1:1: error: Expected --axis <name>=<value>,<value> or /,
  );
  assert.match(await wrong('rate=1,few'), /--axis:1:8: error|--axis:1:8: Its value is from here/);
  assert.match(await wrong('two/rate=1'), /No pipeline is included as "two"/);
});
