import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { Random } from '../../src/random.ts';
import { StageError } from '../../src/stage.ts';
import { StageBench } from '../../test/support/stage-bench.ts';
import run from './run.ts';
import { spec } from './spec.ts';

/** A trial: the labels of its metrics, and its value on val; null for none. */
interface TrialOfBench {
  readonly labels: Readonly<Record<string, string>>;
  readonly auc: number | null;
}

async function sweepOf(bench: StageBench, trials: readonly TrialOfBench[], settings: object) {
  const metrics = trials.map(({ labels, auc }, index) => {
    const path = join(bench.root, `metrics-${index}.json`);
    writeFileSync(path, JSON.stringify({ splits: { val: { auc } } }));
    return { path, labels };
  });
  await bench.run(spec, run, { with: { by: 'auc', trees: 60, ...settings }, inputs: { metrics } });
  return {
    best: readFileSync(bench.output('best', spec.outputs['best']), 'utf8'),
    table: readFileSync(bench.output('table', spec.outputs['table']), 'utf8'),
  };
}

/** Trials whose AUC follows the rate, and a little the width; the kind of head decides nothing. */
function drawnTrials(count: number): readonly TrialOfBench[] {
  const random = new Random('trials');
  return Array.from({ length: count }, (_, index) => {
    const exponent = random.between(-5, -1);
    const width = [8, 16, 32][random.integer(3)]!;
    const auc = 0.9 - 0.04 * (exponent + 3) ** 2 + 0.001 * width + 0.01 * random.normal();
    return {
      labels: {
        sample: String(index + 1),
        'sample.rate': String(Number((10 ** exponent).toPrecision(4))),
        'sample.width': String(width),
        'sample.head': ['mean', 'maximum of all places'][random.integer(2)]!,
      },
      auc: Number(auc.toFixed(4)),
    };
  });
}

test('a sweep says which settings decide, and gives the best trials as an axis to paste', async () => {
  using bench = new StageBench();
  const trials = drawnTrials(80);
  const { best, table } = await sweepOf(bench, trials, { settings: ['sample.*'], best: 3 });
  assert.match(table, /^setting,share,low,high\nrate,0\.[89]/);
  assert.match(
    best,
    /^# The best 3 trials of 80 by val\.auc\. Paste it under a matrix\.\nsample:\n/,
  );
  const { sample } = parse(best) as { sample: readonly Record<string, unknown>[] };
  const ranked = trials.toSorted((a, b) => b.auc! - a.auc!).slice(0, 3);
  assert.deepEqual(
    sample,
    ranked.map(({ labels }) => ({
      id: labels['sample'],
      rate: Number(labels['sample.rate']),
      width: Number(labels['sample.width']),
      head: labels['sample.head'],
    })),
  );
  assert.deepEqual(bench.highlights[0]!.columns, [
    'setting',
    'share of the variance',
    '95 % interval',
  ]);
});

test('trials without a result are left out, and seeds are pooled', async () => {
  using bench = new StageBench();
  const trials = drawnTrials(12).flatMap(({ labels, auc }, index) =>
    [1, 2].map((seed) => ({
      labels: { ...labels, seed: String(seed) },
      auc: index === 4 ? null : auc! + 0.1 * seed,
    })),
  );
  const { best } = await sweepOf(bench, trials, {
    settings: ['sample.*'],
    over: ['seed'],
    best: 1,
  });
  assert.match(best, /^# The best trial of 11 by val\.auc\./);
  assert.deepEqual(bench.warnings, [
    'Left out 1 trial without a value of auc.',
    '11 trials of 3 settings: the importance is uncertain, as its intervals show.',
  ]);
  await assert.rejects(
    sweepOf(bench, trials.slice(8, 10), { settings: ['sample.*'], over: ['seed'] }),
    new StageError('Expected two trials with a value of val.auc or more, got 0.'),
  );
});

test('axes of a grid make an axis of their own', async () => {
  using bench = new StageBench();
  const trials = [0.1, 0.2].flatMap((rate) =>
    [8, 16].map((width) => ({
      labels: { rate: String(rate), width: String(width) },
      auc: rate + width / 100,
    })),
  );
  const { best } = await sweepOf(bench, trials, { settings: ['rate', 'width'], best: 2 });
  assert.equal(
    best,
    '# The best 2 trials of 4 by val.auc. Paste it under a matrix.\ntrial:\n' +
      '  - { id: "1", rate: 0.2, width: 16 } # val.auc 0.36\n' +
      '  - { id: "2", rate: 0.2, width: 8 } # val.auc 0.28\n',
  );
});

test('the best trials have a null for what they lack, and settings that are the same in all', async () => {
  using bench = new StageBench();
  const trials = [0.1, 0.2, 0.3].map((rate, index) => ({
    labels: {
      trial: String(index + 1),
      'trial.rate': String(rate),
      'trial.widths': '[8,16]',
      'trial.scaled': 'true',
      ...(index === 1 && { 'trial.head': 'mean' }),
    },
    auc: rate,
  }));
  const { best } = await sweepOf(bench, trials, { settings: ['trial.*'], best: 2 });
  assert.equal(
    best,
    '# The best 2 trials of 3 by val.auc. Paste it under a matrix.\ntrial:\n' +
      '  - { id: "3", rate: 0.3, widths: [8,16], scaled: true, head: null } # val.auc 0.3\n' +
      '  - { id: "2", rate: 0.2, widths: [8,16], scaled: true, head: "mean" } # val.auc 0.2\n',
  );
});

test('the number may have the name of its split, which is val, and of no other', () => {
  const parsed = spec.settings.parse({ by: 'val.auc', settings: ['rate'] });
  assert.equal(parsed.by, 'auc');
  assert.deepEqual(spec.check!({ ...parsed, by: 'test.auc' }, new Set()), [
    {
      at: ['by'],
      message:
        'expected a metric of another split, such as val.auc: a split that decides a choice cannot test it',
    },
  ]);
});
