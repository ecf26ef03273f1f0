import assert from 'node:assert/strict';
import { test } from 'node:test';
import { load, mistakes, stageOf } from '../testing-kinds.ts';

/** A search of three trials, whose evaluations inherit the axis. */
const search = (rest = '', { axis = '{ by: search.trial, count: 3 }', more = '' } = {}) => `stages:
  search: { kind: propose, inputs: { metrics: [scores.scores] }${more} }
  fit:
    kind: train
    matrix: { trial: ${axis} }
    inputs: { dataset: data/ }
    with: { rate: "\${matrix.trial.rate}", optimizer: { kind: sgd, momentum: "\${matrix.trial.momentum}" } }
  scores: { kind: evaluate, inputs: { model: fit.model, dataset: data/ } }
${rest}`;

test('each trial has a stage that proposes it, and reads the proposal and the trials before', async () => {
  const pipeline = await load(search());
  assert.deepEqual(
    pipeline.stages.map(({ name }) => name),
    ['search', 'fit', 'scores'].flatMap((name) => [1, 2, 3].map((n) => `${name}[trial=${n}]`)),
  );
  const third = stageOf(pipeline, 'search[trial=3]');
  const read = third.inputs.map(({ port, items }) => [
    port,
    items.map((item) => [item.from === 'stage' && item.stage, item.labels]),
  ]);
  assert.deepEqual(read, [
    [
      'metrics',
      [
        ['scores[trial=1]', { trial: '1' }],
        ['scores[trial=2]', { trial: '2' }],
      ],
    ],
    ['previous', [['search[trial=2]', {}]]],
  ]);
  assert.deepEqual(
    stageOf(pipeline, 'search[trial=1]').inputs.map(({ items }) => items.length),
    [0],
  );
  const { inputs, trialOf } = stageOf(pipeline, 'fit[trial=2]');
  assert.deepEqual(
    inputs.flatMap(({ items }) => items.map((item) => item.from === 'stage' && item.stage)),
    [false, 'search[trial=2]'],
  );
  assert.equal(trialOf!.number, 2);
  assert.equal(stageOf(pipeline, 'scores[trial=2]').trialOf, undefined);
});

test('a trial has the settings that its values give, without those of parameters that it lacks', async () => {
  const { trialOf } = stageOf(await load(search()), 'fit[trial=2]');
  const settled = trialOf!.settle({ rate: 0.3 });
  assert.ok(settled.ok);
  assert.deepEqual(settled.value.keyedSettings, { rate: 0.3, optimizer: { kind: 'sgd' } });
  assert.deepEqual(settled.value.drawn, { rate: 0.3 });
  const other = trialOf!.settle({ rate: 0.3, momentum: 0.1 });
  assert.ok(other.ok);
  assert.deepEqual(other.value.settings['optimizer'], {
    kind: 'sgd',
    learningRate: 0.1,
    momentum: 0.1,
  });
  const wrong = trialOf!.settle({ rate: 'fast' });
  assert.ok(!wrong.ok);
  assert.match(wrong.error, /^its values give settings that are wrong: .*"with.rate"/);
});

test('settings that decide another trial are no settings of a proposal', async () => {
  const pipeline = await load(search('', { more: ', with: { only: { 2: 0.5 } }' }));
  const settings = [1, 2, 3].map((n) => stageOf(pipeline, `search[trial=${n}]`).keyedSettings);
  assert.deepEqual(settings, [{}, { only: { 2: 0.5 } }, {}]);
});

test('mistakes in what reads a trial are found before one is proposed', async () => {
  const text = search().replace('rate: "${matrix.trial.rate}"', 'epochs: "${matrix.trial.rate}"');
  assert.match(await mistakes(text), /for "with\.epochs", got 0\.1/);
  const misspelt = search().replace('matrix.trial.rate', 'matrix.trial.rat');
  assert.match(await mistakes(misspelt), /rat/);
});

test('only settings may depend on a trial', async () => {
  const text = search().replace(
    'inputs: { dataset: data/ }',
    'inputs: { dataset: "data/${matrix.trial.rate}" }',
  );
  assert.match(
    await mistakes(text),
    /Only "with" may depend on the values of the trials "trial", but "inputs" does/,
  );
});

test('an axis of trials names the proposals of a stage', async () => {
  const by = (name: string) => mistakes(search('', { axis: `{ by: ${name}, count: 3 }` }));
  assert.match(
    await by('serch.trial'),
    /Expected the proposals of a stage for the axis "trial", got "serch\.trial"/,
  );
  assert.match(await by('search.trail'), /Write "search\.trial"\./);
  assert.match(await by('scores.scores'), /Expected the proposals of a stage/);
});

test('a stage whose trials nobody takes is a mistake', async () => {
  assert.match(
    await mistakes('stages:\n  search: { kind: propose }\n'),
    /No axis takes the trials that "search" proposes[\s\S]*by: search\.trial, count: 20/,
  );
});

test('the history of a search is that of its trials', async () => {
  const text = search().replace('metrics: [scores.scores]', 'metrics: [./data/real/1.png]');
  assert.match(await mistakes(text), /Expected one artifact of each trial "trial"/);
});

test('slots take no trials of a search', async () => {
  const slots = (of: string) => `  again:
    kind: train
    matrix: { slot: { of: ${of}, by: scores.scores, count: 2 } }
    inputs: { dataset: data/ }
    with: { rate: "\${matrix.slot.rate}" }
`;
  assert.match(
    await mistakes(search(slots('fit'))),
    /Slots cannot take the trials of a search, as "fit" has: its "halving"/,
  );
});
