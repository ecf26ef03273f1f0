import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { StageError } from '../../src/stage.ts';
import { digestOf } from '../../test/support/golden.ts';
import { StageBench } from '../../test/support/stage-bench.ts';
import { choose, paretoFront } from './choose.ts';
import { criterionOf } from './criteria.ts';
import run from './run.ts';
import { spec } from './spec.ts';

/** Ranks as `select` does by default: ties go to the lower loss. */
const byMetric = (by: string) => ({ by: criterionOf(by), ties: [criterionOf('loss')] });

/** The weights of a model, which are no text. */
const weightsOf = (number: number): Buffer => Buffer.from([255, 0, 13, 10, 128, number]);

/**
 * Selects among models with these values on val, named by their seeds; `test` is their value on
 * test.
 */
async function selected(
  bench: StageBench,
  models: readonly (Readonly<Record<string, unknown>> & { readonly test?: number })[],
  by?: string,
  more: object = {},
) {
  const made = models.map(({ test = 0, ...val }, index) => {
    const model = join(bench.root, `model-${index}`);
    const metrics = join(bench.root, `metrics-${index}.json`);
    mkdirSync(model, { recursive: true });
    writeFileSync(join(model, 'model.json'), `model ${index + 1}`);
    writeFileSync(join(model, 'weights.bin'), weightsOf(index + 1));
    writeFileSync(
      metrics,
      JSON.stringify({ splits: { val, test: { accuracy: test, auc: test, loss: -test } } }),
    );
    return { model, metrics, labels: { seed: `${index + 1}` } };
  });
  const of = (port: 'model' | 'metrics') =>
    made.map(({ [port]: path, labels }) => ({ path, labels }));
  await bench.run(spec, run, {
    with: { ...more, ...(by !== undefined && { by }) },
    inputs: { models: of('model'), metrics: of('metrics') },
  });
  const model = readFileSync(join(bench.output('model'), 'model.json'), 'utf8');
  const weights = readFileSync(join(bench.output('model'), 'weights.bin'));
  assert.deepEqual(weights, weightsOf(Number(model.slice('model '.length))), 'byte for byte');
  return {
    model,
    choice: JSON.parse(readFileSync(bench.output('choice', spec.outputs['choice']), 'utf8')),
  };
}

test('the example of the docstring', () => {
  const models = [
    { accuracy: 0.7, loss: 0.6 },
    { accuracy: 0.8, loss: 0.5 },
    { accuracy: 0.8, loss: 0.4 },
  ];
  assert.deepEqual(choose(models, byMetric('accuracy')), {
    best: 2,
    tied: [1, 2],
    decidedBy: 'loss',
    ranking: [2, 1, 0],
  });
});

test('the model that is best on validation is passed on, whatever the test split says', async () => {
  using bench = new StageBench();
  const models = [
    { accuracy: 0.7, auc: 0.9, loss: 0.6, test: 0.9 },
    { accuracy: 0.8, auc: 0.8, loss: 0.7, test: 0.1 },
    { accuracy: 0.75, auc: 0.7, loss: 0.5, test: 0.8 },
  ];
  assert.equal((await selected(bench, models)).model, 'model 2');
  assert.equal((await selected(bench, models, 'auc')).model, 'model 1');
  const { model, choice } = await selected(bench, models, 'loss');
  assert.equal(model, 'model 3');
  assert.deepEqual(choice.chosen, { labels: { seed: '3' }, accuracy: 0.75, auc: 0.7, loss: 0.5 });
  assert.deepEqual([choice.split, choice.by, choice.tied], ['val', 'loss', []]);
  assert.deepEqual(bench.highlights.at(-1), {
    title: 'Models by loss on val',
    role: 'choice',
    columns: ['model', 'accuracy', 'auc', 'loss', 'chosen'],
    rows: [
      ['seed=1', '0.7000', '0.9000', '0.6000', ''],
      ['seed=2', '0.8000', '0.8000', '0.7000', ''],
      ['seed=3', '0.7500', '0.7000', '0.5000', 'chosen'],
    ],
  });
  assert.deepEqual(bench.warnings, []);
});

test('a tie is reported, and goes to the lower loss, then to the first', async () => {
  using bench = new StageBench();
  const byLoss = await selected(bench, [
    { accuracy: 0.8, loss: 0.5 },
    { accuracy: 0.7, loss: 0.1 },
    { accuracy: 0.8, loss: 0.4 },
  ]);
  assert.equal(byLoss.model, 'model 3');
  assert.deepEqual(
    [byLoss.choice.decidedBy, byLoss.choice.tied[0].labels],
    ['loss', { seed: '1' }],
  );
  const byOrder = await selected(bench, [{ accuracy: 0.8 }, { accuracy: 0.8 }]);
  assert.equal(byOrder.model, 'model 1');
  assert.deepEqual(bench.warnings, [
    '2 models tie at the best accuracy on val: seed=1; seed=3. seed=3 is chosen, since its loss is the lowest.',
    '2 models tie at the best accuracy on val: seed=1; seed=2. seed=1 is chosen, since it comes first.',
  ]);
});

test('no model is better than the chosen one, and those tied are exactly as good', () => {
  const value = fc.option(fc.constantFrom(0.1, 0.2, 0.3), { nil: null });
  const models = fc.array(fc.record({ accuracy: value, auc: value, loss: value }));
  fc.assert(
    fc.property(models, fc.constantFrom('accuracy' as const, 'auc' as const), (models, by) => {
      const choice = choose(models, byMetric(by));
      const values = models.map((model) => model[by] ?? -1);
      if (choice === undefined) return values.every((value) => value === -1);
      const best = values[choice.best]!;
      return (
        choice.tied.includes(choice.best) &&
        values.every((value, i) => value < best !== choice.tied.includes(i))
      );
    }),
  );
});

test('results change only with the version of the kind', async () => {
  using bench = new StageBench();
  await selected(bench, [{ accuracy: 0.7 }, { accuracy: 0.7, loss: 0.5 }]);
  const outputs = [
    join(bench.output('model'), 'model.json'),
    bench.output('choice', spec.outputs['choice']),
  ];
  assert.deepEqual(
    { version: spec.version, digest: digestOf(...outputs) },
    { version: 4, digest: '485626eefea1254e' },
  );
});

test('metrics without the validation split are refused, whatever others they have', async () => {
  using bench = new StageBench();
  await assert.rejects(
    selected(bench, [{ accuracy: 0.8 }, {}]),
    new StageError(
      'Expected metrics of the split "val", which alone selects, for seed=2, got none. There are test.accuracy, test.auc, test.loss.',
    ),
  );
  await assert.rejects(
    selected(bench, [{ auc: null, accuracy: 0.5 }], 'auc'),
    new StageError('Expected a model with a value of val.auc, got none.'),
  );
});

test('a number may have the name of its split, which is val, and of no other', () => {
  const given = {
    by: 'val.auc',
    ties: ['val.loss'],
    where: ['val.loss < 2'],
    front: ['val.auc', 'parameters'],
  };
  const parsed = spec.settings.parse(given);
  assert.deepEqual(
    [parsed.by, parsed.ties, parsed.where, parsed.front],
    ['auc', ['loss'], ['loss < 2'], ['auc', 'parameters']],
  );
  const mistakes = spec.check!(spec.settings.parse({ by: 'test.auc' }), new Set());
  assert.deepEqual(mistakes, [
    {
      at: ['by'],
      message:
        'expected a metric of another split, such as val.auc: a split that decides a choice cannot test it',
    },
  ]);
  const facts = { splits: ['test'] };
  assert.deepEqual(
    spec.checkInputs!(parsed, () => [{ facts, labels: {} }]),
    [{ at: ['by'], message: 'expected metrics of the split "val", but only test is measured' }],
  );
});

test('models and metrics that do not go together are refused', async () => {
  using bench = new StageBench();
  const artifact = (seed: number) => ({ path: bench.root, labels: { seed: `${seed}` } });
  await assert.rejects(
    bench.run(spec, run, {
      inputs: { models: [artifact(1), artifact(2)], metrics: [artifact(1)] },
    }),
    new StageError('Expected metrics for each of 2 models, got 1.'),
  );
  await assert.rejects(
    bench.run(spec, run, { inputs: { models: [artifact(1)], metrics: [artifact(2)] } }),
    new StageError(
      'Expected the metrics of the models in the same order, but the model 1 is seed=1, and its metrics are seed=2.',
    ),
  );
});

test('a chosen model that learned nothing causes a warning, judged by the shares of the classes on val', async () => {
  const collapsed = {
    accuracy: 0.667,
    loss: 0.6365,
    real: 50,
    fake: 100,
    called: { real: 0, fake: 150 },
  };
  const warnings = async (...models: readonly Readonly<Record<string, unknown>>[]) => {
    using bench = new StageBench();
    await selected(bench, models);
    return bench.warnings;
  };
  assert.deepEqual(await warnings({ ...collapsed, accuracy: 0.6 }, collapsed), [
    'The chosen model, seed=2, learned nothing: it calls every image of val fake, with a loss of 0.6365, where the best constant answer has 0.6365. Another learning rate, a warm-up, more epochs or another seed may help.',
  ]);
  assert.deepEqual(await warnings({ ...collapsed, loss: 0.5 }), []);
  assert.deepEqual(await warnings({ ...collapsed, called: { real: 1, fake: 149 } }), []);
  assert.deepEqual(await warnings(collapsed, { accuracy: 0.7, loss: 0.7 }), []);
});

test('with a count, the choice ranks the candidates that advance, by any metric and in its own direction', async () => {
  using bench = new StageBench();
  const models = [
    { equalErrorRate: 0.3, loss: 0.5 },
    { equalErrorRate: null, loss: 0.1 },
    { equalErrorRate: 0.2, loss: 0.6 },
    { equalErrorRate: 0.3, loss: 0.4 },
  ];
  const { model, choice } = await selected(bench, models, 'equalErrorRate', {
    count: 2,
    curve: true,
  });
  assert.equal(model, 'model 3');
  assert.deepEqual(
    [choice.count, choice.ranking],
    [2, [{ seed: '3' }, { seed: '4' }, { seed: '1' }]],
  );
  assert.deepEqual(bench.highlights.at(-1)!.columns, [
    'model',
    'accuracy',
    'auc',
    'loss',
    'equalErrorRate',
    'chosen',
  ]);
  assert.deepEqual(
    bench.highlights.at(-1)!.rows.map((row) => row.at(-1)),
    ['', '', 'chosen', 'advances'],
  );
  const { data } = JSON.parse(readFileSync(join(bench.output('curve'), 'chart.vl.json'), 'utf8'));
  const steps = data.values.filter(({ series }: { series: string }) => series === 'best so far');
  assert.deepEqual(
    steps.map(({ candidate, value }: { candidate: number; value: number }) => [candidate, value]),
    [
      [1, 0.3],
      [2, 0.3],
      [3, 0.2],
      [4, 0.2],
    ],
  );
  await assert.rejects(
    selected(bench, models, 'equalErrorRate', { count: 4 }),
    new StageError('Expected 4 models with a value of val.equalErrorRate, got 3.'),
  );
});

/** Runs `select` on metrics alone, each with labels. */
async function selectedOf(
  bench: StageBench,
  candidates: readonly {
    readonly labels: Readonly<Record<string, string>>;
    readonly metrics: object;
  }[],
  settings: object,
) {
  const metrics = candidates.map(({ labels, metrics }, index) => {
    const path = join(bench.root, `candidate-${index}.json`);
    writeFileSync(path, JSON.stringify(metrics));
    return { path, labels };
  });
  await bench.run(spec, run, {
    with: settings,
    inputs: { metrics },
    outputs: ['choice', 'front', 'frontChart'],
  });
  return JSON.parse(readFileSync(bench.output('choice', spec.outputs['choice']), 'utf8'));
}

const folds = (values: Readonly<Record<string, readonly number[]>>) =>
  Object.entries(values).flatMap(([sample, ofFolds]) =>
    ofFolds.map((auc, index) => ({
      labels: { sample, fold: String(index + 1) },
      metrics: { splits: { val: { auc } } },
    })),
  );

test('folds are pooled: the candidate with the best mean is chosen, and ranked once', async () => {
  using bench = new StageBench();
  const candidates = folds({ 1: [0.9, 0.5], 2: [0.75, 0.75], 3: [0.6, 0.7] });
  const choice = await selectedOf(bench, candidates, { by: 'auc', over: ['fold'], count: 3 });
  assert.deepEqual(choice.chosen, { labels: { sample: '2' }, auc: 0.75, pooled: [0.75, 0.75] });
  assert.deepEqual(choice.ranking, [{ sample: '2' }, { sample: '1' }, { sample: '3' }]);
  assert.deepEqual(bench.highlights[0]!.rows[0], ['sample=1', '–', '0.7000', '–', 'advances']);
  await assert.rejects(
    selectedOf(bench, candidates.slice(0, -1), { by: 'auc', over: ['fold'] }),
    new StageError(
      'Expected each candidate for the same values of fold, but sample=3 lacks fold=2: means of other parts do not compare.',
    ),
  );
});

test('a number of a program of its own chooses, within constraints, and never one of another split', async () => {
  using bench = new StageBench();
  const candidate = (net: string, dice: number, parameters: number) => ({
    labels: { net },
    metrics: { parameters, splits: { val: { dice, seconds: 1 }, test: { dice: 1 } } },
  });
  const candidates = [candidate('a', 0.7, 100), candidate('b', 0.9, 2e6), candidate('c', 0.8, 9e5)];
  const by = { by: 'dice', better: 'higher' };
  const where = ['parameters <1e6', 'seconds < 2'];
  const choice = await selectedOf(bench, candidates, { ...by, where, ties: ['parameters'] });
  assert.deepEqual(choice.chosen, { labels: { net: 'c' }, dice: 0.8, parameters: 9e5, seconds: 1 });
  assert.equal(choice.candidates[1].not, 'parameters < 1e6');
  assert.deepEqual(
    bench.highlights[0]!.rows.map((row) => row.at(-1)),
    ['', 'not parameters < 1e6', 'chosen'],
  );
  await assert.rejects(
    selectedOf(bench, candidates, { ...by, where: ['parameters < 10'], ties: [] }),
    new StageError('Expected a candidate with a value of val.dice, and parameters < 10, got none.'),
  );
  await assert.rejects(
    selectedOf(bench, candidates, { ...by, where: ['test.dice > 0.5'], ties: [] }),
    new StageError('Expected a number of the split "val", which alone selects, got test.dice.'),
  );
});

test('ties are decided by the criteria in their order, and the reason is told', async () => {
  using bench = new StageBench();
  const candidate = (net: string, loss: number, parameters: number) => ({
    labels: { net },
    metrics: { parameters, splits: { val: { accuracy: 0.8, loss } } },
  });
  const candidates = [candidate('a', 0.5, 300), candidate('b', 0.5, 200), candidate('c', 0.6, 100)];
  const choice = await selectedOf(bench, candidates, { ties: ['loss', 'parameters'] });
  assert.deepEqual([choice.chosen.labels, choice.decidedBy], [{ net: 'b' }, 'parameters']);
  assert.deepEqual(bench.warnings, [
    '3 candidates tie at the best accuracy on val: net=a; net=b; net=c. net=b is chosen, since its number of parameters is the lowest.',
  ]);
});

test('the Pareto front has the candidates that none beats in everything', async () => {
  using bench = new StageBench();
  const example = [
    { auc: 0.9, parameters: 10 },
    { auc: 0.95, parameters: 1000 },
    { auc: 0.8, parameters: 100 },
  ];
  const criteria = ['auc', 'parameters'].map((name) => criterionOf(name));
  assert.deepEqual(paretoFront(example, criteria), [true, true, false]);
  assert.deepEqual(paretoFront([{ auc: 0.9 }, ...example], criteria), [false, true, true, false]);
  const candidates = example.map(({ auc, parameters }, index) => ({
    labels: { net: 'abc'[index]! },
    metrics: { parameters, splits: { val: { auc } } },
  }));
  await selectedOf(bench, candidates, { by: 'auc', front: ['auc', 'parameters'] });
  assert.equal(
    readFileSync(bench.output('front', spec.outputs['front']), 'utf8'),
    'net,auc,parameters,on_front\na,0.9,10,1\nb,0.95,1000,1\nc,0.8,100,0\n',
  );
  assert.deepEqual(bench.highlights.at(-1), {
    title: 'Pareto front by auc, parameters: 2 of 3 candidates',
    role: 'choice',
    columns: ['candidate', 'auc', 'parameters'],
    rows: [
      ['net=a', '0.9000', '10'],
      ['net=b', '0.9500', '1000'],
    ],
  });
});

test('an artifact of any type is passed on byte for byte, a file or a folder', async () => {
  using bench = new StageBench();
  const artifacts = [1, 2].map((number) => {
    const path = join(bench.root, `weights-${number}.pt`);
    writeFileSync(path, weightsOf(number));
    return { path, labels: { seed: `${number}` } };
  });
  const metrics = artifacts.map(({ labels }, index) => {
    const path = join(bench.root, `metrics-${index}.json`);
    writeFileSync(path, JSON.stringify({ splits: { val: { accuracy: 0.5 + index / 10 } } }));
    return { path, labels };
  });
  await bench.run(spec, run, { inputs: { artifacts, metrics }, outputs: ['artifact', 'choice'] });
  assert.deepEqual(readFileSync(bench.output('artifact')), weightsOf(2));
});
