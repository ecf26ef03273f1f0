import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { type Facts, type KnownInputs, StageError } from '../../src/stage.ts';
import { StageBench } from '../../test/support/stage-bench.ts';
import { readCourse } from './courses.ts';
import run from './run.ts';
import { spec } from './spec.ts';

const space = {
  rate: { logUniform: [0.0001, 0.1] },
  optimizer: { choice: ['adam', 'sgd'] },
  momentum: { uniform: [0, 0.9], when: { optimizer: 'sgd' } },
};
const settings = { by: 'val.auc', space, startup: 2 };

/** How a trial went: the AUC of each of its metrics; null where one is undefined. */
type Ending = readonly (number | null)[] | 'failed' | 'pending';

/** The files of a search, trial by trial, whose trials end as given. */
async function searched(
  bench: StageBench,
  endings: readonly Ending[],
  given: Readonly<Record<string, unknown>> = settings,
) {
  const written: string[] = [];
  for (const index of endings.keys()) {
    const before = endings.slice(0, index);
    const metrics = before.flatMap((ending, trial) =>
      typeof ending === 'string'
        ? []
        : ending.map((auc, fold) => {
            const path = join(bench.root, `metrics-${trial}-${fold}.json`);
            writeFileSync(path, JSON.stringify({ splits: { val: { auc } } }));
            return { path, labels: { trial: String(trial + 1), fold: String(fold) } };
          }),
    );
    const failed = before.flatMap((ending, trial) =>
      ending === 'failed' ? [String(trial + 1)] : [],
    );
    const previous = join(bench.root, 'previous.json');
    if (index > 0) writeFileSync(previous, written.at(-1)!);
    await bench.run(spec, run, {
      with: given,
      inputs: { metrics, ...(index > 0 && { previous }) },
      told: { axis: 'trial', trial: index + 1, failed },
    });
    written.push(readFileSync(bench.output('trial', spec.outputs['trial']), 'utf8'));
  }
  return written.map((text) => JSON.parse(text));
}

test('a proposal lists the trials before, with how each of them went', async () => {
  using bench = new StageBench();
  const trials = await searched(bench, [[0.7], 'failed', 'pending', [0.6, 0.8], [null], [0.5]]);
  const last = trials.at(-1);
  assert.equal(last.trial, 6);
  assert.deepEqual(
    last.before.map(({ trial, state, value }: Record<string, unknown>) => [trial, state, value]),
    [
      [1, 'ended', 0.7],
      [2, 'failed', undefined],
      [3, 'pending', undefined],
      [4, 'ended', 0.7],
      [5, 'failed', undefined],
    ],
    'the mean of several metrics counts, and an undefined one as a failure',
  );
  assert.deepEqual(
    last.before.map(({ values }: Record<string, unknown>) => values),
    trials.slice(0, 5).map(({ values }) => values),
  );
});

test('the same history proposes the same trial, byte for byte, and another one another', async () => {
  using bench = new StageBench();
  const endings: readonly Ending[] = [[0.7], [0.6], [0.8], [0.65]];
  const once = await searched(bench, endings);
  assert.deepEqual(await searched(bench, endings), once);
  const other = await searched(bench, [[0.6], [0.9], [0.5], [0.65]]);
  assert.deepEqual(other[0].values, once[0].values);
  assert.notDeepEqual(other[3].values, once[3].values);
});

test('a parameter exists beside the values that its condition names, and only there', async () => {
  using bench = new StageBench();
  const trials = await searched(
    bench,
    Array.from({ length: 12 }, (_, index) => [0.5 + index / 100]),
  );
  for (const { values } of trials)
    assert.equal('momentum' in values, values.optimizer === 'sgd', JSON.stringify(values));
  assert.deepEqual([...new Set(trials.map(({ values }) => values.optimizer))].sort(), [
    'adam',
    'sgd',
  ]);
});

test('an enqueued trial has its values, and the search learns of it as of any other', async () => {
  using bench = new StageBench();
  const enqueue = { 2: { rate: 0.05, optimizer: 'sgd' } };
  const trials = await searched(bench, [[0.7], [0.9], [0.6]], { ...settings, enqueue });
  const { rate, optimizer, momentum } = trials[1].values;
  assert.deepEqual([rate, optimizer, typeof momentum], [0.05, 'sgd', 'number']);
  assert.deepEqual(trials[2].before[1], {
    trial: 2,
    values: trials[1].values,
    state: 'ended',
    value: 0.9,
  });
  const without = await searched(bench, [[0.7]]);
  assert.deepEqual(without[0], trials[0], 'other trials stay');
});

test('halving takes the best third of the trials further, and the file says which', async () => {
  using bench = new StageBench();
  const halving = { resource: 'epochs', most: 9 };
  const trials = await searched(bench, [[0.6], [0.8], [0.7], [0.9], [0.5]], {
    ...settings,
    halving,
  });
  assert.deepEqual(
    trials.map(({ values, continues }) => [values.epochs, continues]),
    [
      [1, undefined],
      [1, undefined],
      [1, undefined],
      [3, 2],
      [1, undefined],
    ],
  );
  assert.deepEqual(trials[3].values, { ...trials[1].values, epochs: 3 });
});

test('a lower number is better where the search says so, or where its metric does', async () => {
  using bench = new StageBench();
  const halving = { resource: 'epochs', most: 3 };
  const lower = { ...settings, halving, better: 'lower' };
  const trials = await searched(bench, [[0.6], [0.8], [0.7], [0.1]], lower);
  assert.equal(trials[3].continues, 1);
});

test('with prune, a trial gets the median of what those before had reached by each step', async () => {
  using bench = new StageBench();
  const curves = [
    [0.75, 0.5],
    [0.5, 0.25],
  ].map((losses, index) => {
    const path = join(bench.root, `curve-${index}`);
    const points = losses.map((loss, step) => ({ step: step + 1, values: { 'val.loss': loss } }));
    writeFileSync(path, points.map((point) => `${JSON.stringify(point)}\n`).join(''));
    return { path, labels: { trial: String(index + 1) } };
  });
  const proposed = async (prune: object, { inputs = curves, given = {} } = {}) => {
    const previous = join(bench.root, 'previous.json');
    const before = { trial: 2, values: { rate: 0.1, bounds: [1] }, before: [] };
    writeFileSync(previous, JSON.stringify(before));
    await bench.run(spec, run, {
      with: { ...settings, ...given, prune },
      inputs: { metrics: [], previous, curves: inputs },
      told: { axis: 'trial', trial: 3, failed: [] },
    });
    return JSON.parse(readFileSync(bench.output('trial', spec.outputs['trial']), 'utf8'));
  };
  const { values, before } = await proposed({ curve: 'val.loss', trials: 2 });
  assert.deepEqual(values.bounds, [0.625, 0.375]);
  assert.deepEqual(before[0].values, { rate: 0.1 }, 'the bounds of a trial are its own');
  const spelled = await proposed({ curve: 'val.loss', trials: 2 }, { given: { better: 'higher' } });
  assert.deepEqual(spelled.values.bounds, values.bounds, 'that is of the AUC, not of the loss');
  const later = await proposed({ curve: 'val.loss', trials: 2, from: 2 });
  assert.deepEqual(later.values.bounds, [false, 0.375]);
  assert.ok(!('bounds' in (await proposed({ curve: 'val.loss' })).values), 'five are needed');
  await assert.rejects(
    proposed({ curve: 'val.accuracy' }),
    /^StageError: Expected of trial 1 the curve "val\.accuracy" among its points$/,
  );
});

test('points of a program whose steps do not grow, or have no end, are refused by name', () => {
  const courseOf = (...steps: readonly number[]) =>
    readCourse(
      steps.map((step) => `{"step":${step},"values":{"loss":1e999,"a":1}}`).join('\n'),
      'a',
    );
  assert.deepEqual(courseOf(2, 4), {
    ok: true,
    value: [
      [2, 1],
      [4, 1],
    ],
  });
  for (const steps of [[1e12], [0], [-1], [1.5], [2, 1], [1, 1]]) {
    const error = `steps that are whole numbers to 10000 and grow, got ${steps.at(-1)}`;
    assert.deepEqual(courseOf(...steps), { ok: false, error });
  }
});

test('a step without a number counts as none, also a bare NaN as Python writes it', () => {
  const lines = [
    '{"step": 1, "values": {"val.loss": NaN, "note": "NaN, Infinity"}}',
    '{"step": 2, "values": {"val.loss": 0.5, "val.auc": -Infinity}}',
    '{"step": 3, "values": {"val.loss": null}}',
    '{"step": 4, "values": {"val.loss": 1e999}}',
  ].join('\n');
  assert.deepEqual(readCourse(lines, 'val.loss'), { ok: true, value: [[2, 0.5]] });
  assert.deepEqual(readCourse(lines, 'loss'), { ok: true, value: [[2, 0.5]] });
  assert.deepEqual(readCourse(lines, 'val.auc'), { ok: true, value: [] }, 'none of its steps');
  assert.deepEqual(readCourse(lines, 'auk'), {
    ok: false,
    error: 'the curve "auk" among its points',
  });
});

test('a number without a split is that of val', async () => {
  using bench = new StageBench();
  const endings: readonly Ending[] = [[0.7], [0.6], [0.8], [0.65]];
  const given = { ...settings, by: 'auc' };
  assert.deepEqual(await searched(bench, endings, given), await searched(bench, endings));
});

test('the curve of a history is the loss, the accuracy or the metric that selects its epochs', () => {
  const history = {
    splits: ['val'],
    epochs: [0.6, 0.7].map((selected, index) => ({
      epoch: index + 1,
      learningRate: 0.1,
      running: { loss: 1, accuracy: 0.5 },
      splits: { val: { loss: 1 - index / 10, accuracy: 0.5, selected } },
    })),
    chosenEpoch: 2,
    by: 'auc',
  };
  const courseOf = (curve: string) => readCourse(JSON.stringify(history, null, 2), curve);
  const courses = ['val.loss', 'val.accuracy', 'val.auc'].map(courseOf);
  assert.deepEqual(
    courses.map((course) => course.ok && course.value),
    [
      [
        [1, 1],
        [2, 0.9],
      ],
      [
        [1, 0.5],
        [2, 0.5],
      ],
      [
        [1, 0.6],
        [2, 0.7],
      ],
    ],
  );
  const endless = { ...history, epochs: [{ ...history.epochs[0]!, epoch: 10_001 }] };
  assert.deepEqual(readCourse(JSON.stringify(endless), 'val.loss'), {
    ok: false,
    error: 'steps that are whole numbers to 10000 and grow, got 10001',
  });
  const unknown = courseOf('val.eer');
  assert.equal(
    !unknown.ok && unknown.error,
    'the curve "val.eer": its history has the loss, the accuracy, the auc of a monitored split',
  );
  const other = readCourse('loss,0.5', 'val.loss');
  assert.equal(
    !other.ok && other.error,
    'a training history, or lines of { "step": 1, "values": { … } }',
  );
});

test('a search without the number that counts, or without an axis, says what it needs', async () => {
  using bench = new StageBench();
  await assert.rejects(searched(bench, [[0.7], [0.6]], { ...settings, by: 'val.auk' }), (error) => {
    assert.ok(error instanceof StageError);
    assert.equal(
      error.message,
      'Expected the number "val.auk" of trial 1, got none. There is only val.auc.',
    );
    return true;
  });
  await assert.rejects(bench.run(spec, run, { with: settings }), /Expected an axis that takes/);
});

/** The mistakes of settings, as `place: message`. */
function mistakesOf(given: Readonly<Record<string, unknown>>, inputs = ['metrics']) {
  const parsed = spec.settings.safeParse({ ...settings, ...given });
  if (!parsed.success)
    return parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
  return spec.check!(parsed.data, new Set(inputs)).map(
    ({ at, message }) => `${at.join('.')}: ${message}`,
  );
}

describe('mistakes in the settings of a search are found before it begins:', () => {
  const cases: readonly (readonly [string, Record<string, unknown>, string])[] = [
    [
      'a condition on what comes later',
      { space: { a: { int: [1, 2], when: { b: 1 } }, b: { int: [1, 2] } } },
      'space.a.when.b: expected a parameter above "a", got "b"',
    ],
    [
      'a condition that never holds',
      { space: { a: { int: [1, 2] }, b: { int: [1, 2], when: { a: [2, 3] } } } },
      'space.b.when.a: "a" never has the value 3',
    ],
    [
      'conditions that exclude each other',
      {
        space: {
          a: { int: [1, 3] },
          b: { int: [1, 2], when: { a: 2 } },
          c: { int: [1, 2], when: { a: [1, 3], b: 1 } },
        },
      },
      'space.c.when: "c" exists in no trial: its conditions exclude each other',
    ],
    [
      'bounds in the wrong order',
      { space: { a: { uniform: [2, 1] } } },
      'space.a.uniform: expected the lower bound first',
    ],
    [
      'the test split',
      { by: 'test.auc' },
      'by: expected a metric of another split, such as val.auc: a split that decides a choice cannot test it',
    ],
    [
      'a number without a direction',
      { by: 'val.speed' },
      'by: say whether higher or lower is better, as "better"',
    ],
    [
      'an enqueued value outside of the space',
      { enqueue: { 1: { rate: 1 } } },
      'enqueue.1.rate: 1 is outside of the space',
    ],
    [
      'an enqueued parameter that is unknown',
      { enqueue: { 1: { rat: 1 } } },
      'enqueue.1.rat: the space has no "rat"',
    ],
    [
      'an end that no rung reaches',
      { halving: { resource: 'epochs', most: 10 } },
      'halving.most: expected least (1) times a power of factor (3), such as 9, got 10',
    ],
    [
      'a resource that is searched, too',
      { halving: { resource: 'rate', most: 9 } },
      'halving.resource: "rate" is in the space, too',
    ],
    [
      'curves that are not connected',
      { prune: {} },
      'prune: needs the curves of the trials, as an input',
    ],
    ['a setting that only a run gives', { told: {} }, ': Unrecognized key: "told"'],
  ];
  for (const [name, given, message] of cases)
    test(name, () => assert.deepEqual(mistakesOf(given), [message]));

  test('an enqueued parameter without the values beside which it exists', () => {
    const enqueued = (values: object) => mistakesOf({ enqueue: { 1: values } });
    const only = 'enqueue.1.momentum: "momentum" exists only with optimizer: "sgd"';
    assert.deepEqual(enqueued({ optimizer: 'adam', momentum: 0.5 }), [`${only}, got "adam"`]);
    assert.deepEqual(enqueued({ momentum: 0.5 }), [`${only}, which is not enqueued`]);
    assert.deepEqual(enqueued({ optimizer: 'sgd', momentum: 0.5 }), []);
  });

  /** The mistakes that what is known of the trials shows. */
  const unfitting = (given: object, ports: Readonly<Record<string, Facts>>) => {
    const known: KnownInputs = (port) => {
      const facts = ports[port];
      return facts === undefined ? [] : [{ facts, labels: {} }];
    };
    const parsed = spec.settings.parse({ ...settings, ...given });
    return spec.checkInputs!(parsed, known).map(({ at, message }) => `${at.join('.')}: ${message}`);
  };

  test('a metric or a split that the trials are known not to have', () => {
    const metrics = { splits: ['test'], classes: ['a', 'b', 'c'] };
    assert.deepEqual(unfitting({ by: 'equalErrorRate' }, { metrics }), [
      'by: expected a metric of 3 classes, got equalErrorRate, which only two have',
      'by: expected metrics of the split "val", but only test is measured',
    ]);
    assert.deepEqual(unfitting({ by: 'own', better: 'lower' }, { metrics }), []);
  });

  test('a curve by which the training does not end', () => {
    const curves = { comparedCurve: 'val.accuracy', isBounded: true };
    const prune = { curve: 'val.loss' };
    const message =
      'expected the curve val.accuracy, which "train" compares with the bounds, got val.loss: give both the same "by"';
    assert.deepEqual(unfitting({ prune }, { curves }), [`prune.curve: ${message}`]);
    assert.deepEqual(unfitting({ prune: {}, by: 'accuracy' }, { curves }), []);
    assert.deepEqual(unfitting({ prune }, { curves: {} }), [], 'a program of your own is free');
    assert.deepEqual(
      unfitting({ prune: {}, by: 'accuracy' }, { curves: { ...curves, isBounded: false } }),
      ['prune: "train" needs the bounds, as earlyStopping: { bounds: "${matrix.trial.bounds}" }'],
    );
  });

  test('a sampler that learns, without metrics', () => {
    assert.deepEqual(mistakesOf({}, []), [
      ': the sampler tpe needs the metrics of the trials, as an input',
    ]);
    const { by: _, ...undirected } = settings;
    const parsed = spec.settings.parse({ ...undirected, sampler: 'random' });
    assert.deepEqual(spec.check!(parsed, new Set()), []);
  });
});
