import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { formatHistory, type History } from '../../src/learning/training/history.ts';
import { StageError } from '../../src/stage.ts';
import { digestOf } from '../../test/support/golden.ts';
import { StageBench } from '../../test/support/stage-bench.ts';
import run from './run.ts';
import { spec } from './spec.ts';

const images = { val: { real: 50, fake: 50 }, test: { real: 60, fake: 30 } };

/**
 * A training with these accuracies on val, and 0.1 less on test. At an accuracy of 0.5 it calls all
 * of val real.
 */
function history(accuracies: readonly number[], chosenEpoch: number): History {
  return {
    splits: ['val', 'test'],
    chosenEpoch,
    images,
    epochs: accuracies.map((accuracy, index) => ({
      epoch: index + 1,
      learningRate: 0.001,
      running: { loss: 0.7, accuracy: 0.5 },
      splits: {
        val: {
          accuracy,
          loss: accuracy === 0.5 ? 0.7 : 1 - accuracy,
          ...(accuracy === 0.5 && { allCalled: 'real' as const }),
        },
        test: { accuracy: accuracy - 0.1, loss: 1.1 - accuracy },
      },
    })),
  };
}

async function summarised(
  bench: StageBench,
  histories: Readonly<Record<string, History>>,
  metrics: Readonly<Record<string, object>> = {},
) {
  const items = Object.entries(histories).map(([seed, history]) => {
    const path = join(bench.root, `${seed}.json`);
    writeFileSync(path, formatHistory(history));
    return { path, labels: { seed } };
  });
  const measured = Object.entries(metrics).map(([seed, json]) => {
    const path = join(bench.root, `metrics-${seed}.json`);
    writeFileSync(path, JSON.stringify(json));
    return { path, labels: { seed } };
  });
  await bench.run(spec, run, { inputs: { history: items, metrics: measured } });
  return (port: string) => readFileSync(bench.output(port, spec.outputs[port]), 'utf8');
}

const two = { 1: history([0.5, 0.75, 0.625, 0.875], 4), 2: history([0.5, 0.5], 1) };

test('every curve is described by its course, and by its best value with the epoch', async () => {
  using bench = new StageBench();
  const text = await summarised(bench, two);
  assert.deepEqual(text('curves').split('\n').slice(0, 3), [
    'seed,split,measure,does,first,last,best,best epoch',
    '1,val,accuracy,"rises, not in every epoch",0.5,0.875,0.875,4',
    '1,val,loss,"falls, not in every epoch",0.7,0.125,0.125,4',
  ]);
  assert.match(text('curves'), /^2,val,accuracy,stays the same,0\.5,0\.5,0\.5,1$/m);
});

test('a training is listed with the majority class, the interval of val minus test, and whether it collapsed', async () => {
  using bench = new StageBench();
  const text = await summarised(bench, two);
  const [header, first, second] = text('kept').split('\n');
  assert.equal(
    header,
    'seed,epochs,kept,val accuracy,val majority,val loss,test accuracy,test majority,test loss,val minus test,low,high,collapsed to,epochs collapsed',
  );
  assert.match(
    first!,
    /^1,4,4,0\.875,0\.5,0\.125,0\.775,0\.666\d+,0\.225\d*,0\.09\d+,-0\.00\d+,0\.2\d+,none,1$/,
  );
  assert.match(second!, /^2,2,1,0\.5,0\.5,0\.7,.*,real,2$/);
  assert.deepEqual(JSON.parse(text('metrics')), { confidence: 0.95, trainings: 2, collapsed: 1 });
  assert.deepEqual(bench.highlights[0]!.rows, [
    ['1', '4 of 4', '87.5 %', '50.0 %', '77.5 %', '66.7 %', 'rises, not in every epoch', '–'],
    ['2', '1 of 2', '50.0 %', '50.0 %', '40.0 %', '66.7 %', 'stays the same', 'real'],
  ]);
});

/** Metrics as evaluate writes them, whose intervals may resample groups. */
const metricsOf = (
  val: { readonly accuracy: number; readonly interval: readonly number[] | null },
  test: { readonly accuracy: number; readonly interval: readonly number[] | null },
) => {
  const split = ({ accuracy, interval }: typeof val) => ({
    accuracy,
    intervals: { accuracy: interval },
  });
  return { confidence: 0.95, splits: { val: split(val), test: split(test) } };
};

test('with the metrics of the kept models, val minus test has the interval that follows from theirs', async () => {
  using bench = new StageBench();
  const one = metricsOf(
    { accuracy: 0.875, interval: [0.775, 0.975] },
    { accuracy: 0.775, interval: [0.575, 0.875] },
  );
  const text = await summarised(
    bench,
    { 1: two[1], 2: two[2] },
    {
      // It calls every image of val real: tied scores count half there.
      2: metricsOf({ accuracy: 0.25, interval: null }, { accuracy: 0.4, interval: null }),
      1: one,
    },
  );
  const cellsOf = (row: string) => row.split(',').slice(9, 12);
  const [, first, second] = text('kept').split('\n');
  assert.deepEqual(
    cellsOf(first!).map((cell) => Number(cell).toFixed(4)),
    ['0.1000', (0.1 - Math.hypot(0.1, 0.1)).toFixed(4), (0.1 + Math.hypot(0.1, 0.2)).toFixed(4)],
  );
  assert.deepEqual(cellsOf(second!).slice(1), ['', ''], 'of unknown ends it has none');
});

test('metrics of another model, of other splits or at another confidence are refused', async () => {
  using bench = new StageBench();
  const all = { interval: [0.4, 0.9] };
  const right = metricsOf({ accuracy: 0.875, ...all }, { accuracy: 0.775, ...all });
  const refusal = async (json: object) => {
    const run = summarised(bench, { 1: two[1] }, { 1: json });
    return run.then(
      () => assert.fail('was accepted'),
      (error: unknown) => (error as StageError).message,
    );
  };
  assert.equal(
    await refusal(metricsOf({ accuracy: 0.7, ...all }, { accuracy: 0.775, ...all })),
    'input "metrics" of seed=1: expected the metrics of the model that the training kept, with an accuracy of 87.5 % on val, got 70.0 %',
  );
  assert.equal(
    await refusal({ ...right, splits: { val: right.splits.val } }),
    'input "metrics" of seed=1: expected an accuracy on val and test, got none on test: let evaluate measure both (splits: [val, test])',
  );
  assert.equal(
    await refusal({ ...right, confidence: 0.9 }),
    'input "metrics" of seed=1: expected intervals at the confidence of trends, 0.95, got 0.9',
  );
});

test('a file that is no history is named', async () => {
  using bench = new StageBench();
  const path = join(bench.root, 'broken.json');
  writeFileSync(path, '[]');
  await assert.rejects(
    bench.run(spec, run, { inputs: { history: [{ path, labels: { seed: '2' } }] } }),
    (error: Error) =>
      error instanceof StageError && /^input "history" of seed=2: /.test(error.message),
  );
});

test('results change only with the version of the kind', async () => {
  using bench = new StageBench();
  await summarised(bench, two);
  const digest = digestOf(
    ...['curves', 'kept', 'metrics'].map((port) => bench.output(port, spec.outputs[port])),
  );
  assert.deepEqual({ version: spec.version, digest }, { version: 6, digest: '4f1a1c833c5e38b3' });
});
