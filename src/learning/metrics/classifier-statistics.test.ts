import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { permutation, Random } from '../../random.ts';
import { fitClassTemperature, fitTemperature } from './calibration/temperature.ts';
import { classScoresOf } from './classification/class-scores.ts';
import { confusionMatrix } from './classification/confusion-matrix.ts';
import { handTillAuc } from './classification/hand-till-auc.ts';
import { classifierStatistics } from './classifier-statistics.ts';
import { auc } from './ranking/auc.ts';
import { countAtThresholds } from './ranking/threshold-counts.ts';
import type { ScoreTable } from './scores/scores-file.ts';

/** Scored images of some classes. */
interface Scored {
  readonly classes: number;
  readonly labels: readonly number[];
  readonly logits: readonly number[];
}

interface Golden extends Scored {
  readonly name: string;
  readonly weights?: readonly number[];
  readonly confusion: readonly number[];
  readonly whole: Readonly<Record<string, number>>;
  readonly each: readonly (Readonly<Record<string, number>> | null)[];
  readonly temperature: number;
}

/** Made by scikit-learn: test/golden/classes.py. */
const cases = JSON.parse(
  readFileSync(new URL('../../../test/golden/classes.json', import.meta.url), 'utf8'),
) as readonly Golden[];

function scored({ classes, labels, logits }: Scored) {
  const names = Array.from({ length: classes }, (_, c) => `class ${c}`);
  const scoresOf = (i: number) => logits.slice(i * classes, (i + 1) * classes);
  const rows = labels.map((label, i) => ({
    key: `${i}`,
    split: 'test',
    label,
    scores: scoresOf(i),
  }));
  const table: ScoreTable = { classes: names, names, rows };
  return classScoresOf(table, rows);
}

const near = (actual: number, expected: number, what: string, within = 1e-12) =>
  assert.ok(Math.abs(actual - expected) <= within, `${what}: ${actual} ${expected}`);

for (const golden of cases) {
  test(`all metrics are scikit-learn’s for ${golden.name}`, () => {
    const scores = scored(golden);
    const weights = Uint8Array.from(golden.weights ?? golden.labels.map(() => 1));
    assert.deepEqual([...confusionMatrix(scores, { weights })], golden.confusion);
    const { whole, classes } = classifierStatistics(scores)(weights);
    for (const [name, value] of Object.entries(golden.whole))
      near(whole[name as keyof typeof whole], value, name);
    for (const [c, goldenOfClass] of golden.each.entries()) {
      if (goldenOfClass === null)
        assert.deepEqual(classes[c], { precision: Number.NaN, recall: Number.NaN, f1: Number.NaN });
      else
        for (const [name, value] of Object.entries(goldenOfClass))
          near(classes[c]![name as 'f1'], value, `${name} of ${c}`);
    }
    const { labels, logits } = scores;
    if (golden.weights === undefined) {
      near(
        fitClassTemperature(labels, logits, golden.classes),
        golden.temperature,
        'temperature',
        1e-6,
      );
    }
  });
}

test('the examples of the docstrings', () => {
  const counted = (ties: readonly (readonly [number, readonly number[]])[]) => {
    const labels = Uint16Array.of(0, 1, 1);
    const predictions = Uint16Array.of(0, 1, 0);
    return [...confusionMatrix({ classes: 2, labels, predictions, ties: new Map(ties) })];
  };
  assert.deepEqual(counted([]), [1, 0, 1, 1]);
  assert.deepEqual(counted([[2, [0, 1]]]), [1, 0, 0.5, 1.5]);
  near(
    fitClassTemperature([0, 0, 1, 1], [0, -1, 0, 1, 0, 1, 0, 1], 2),
    1 / Math.log(3),
    'temperature',
  );
});

test('area and temperature of two classes are those of the detector; separable classes have no temperature', () => {
  const logits = [0, 0.1, 0, 0.4, 0, 0.35, 0, 0.8];
  const scores = scored({ classes: 2, labels: [0, 0, 1, 1], logits });
  assert.equal(
    handTillAuc(scores)([1, 1, 1, 1]),
    auc(countAtThresholds([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8])),
  );
  near(
    fitClassTemperature([0, 0, 1, 1], logits, 2),
    fitTemperature([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8]),
    'temperature',
  );
  assert.equal(fitClassTemperature([0, 1], [1, 0, 0, 1], 2), 0);
  assert.equal(fitClassTemperature([0, 1], [0, 1, 1, 0], 2), Infinity);
});

/** Scores in whole steps, as those of a quantised model, many of which are equal. */
function quantised(seed: number, classes: number): Scored {
  const random = new Random('quantised', seed);
  const labels = Array.from({ length: 300 }, () => random.integer(classes));
  const logits = labels.flatMap((label) =>
    Array.from(
      { length: classes },
      (_, c) => Math.round(2 * random.normal() + (c === label ? 2 : 0)) / 4,
    ),
  );
  return { classes, labels, logits };
}

test('the order of the classes and of the images changes no metric, however many scores are equal', () => {
  const classes = 10;
  const given = quantised(1, classes);
  const order = [...permutation(classes, new Random('classes'))];
  const images = [...permutation(given.labels.length, new Random('images'))];
  const moved = {
    classes,
    labels: images.map((i) => order.indexOf(given.labels[i]!)),
    logits: images.flatMap((i) => order.map((c) => given.logits[classes * i + c]!)),
  };
  const metricsOf = (images: typeof given) =>
    classifierStatistics(scored(images))(new Uint8Array(images.labels.length).fill(1));
  const metrics = metricsOf(given);
  const movedMetrics = metricsOf(moved);
  // Areas are counts of pairs, up to the rounding of their mean over the classes.
  for (const [name, value] of Object.entries(metrics.whole))
    near(movedMetrics.whole[name as 'auc'], value, name);
  for (const [position, c] of order.entries()) {
    for (const [name, value] of Object.entries(metrics.classes[c]!))
      near(movedMetrics.classes[position]![name as 'f1'], value, name);
  }
});

test('equal logits are equal evidence: the area is that of exact ties', () => {
  const { classes, labels, logits } = quantised(2, 5);
  const logitsOf = (i: number) => logits.slice(classes * i, classes * (i + 1));
  // By the logits alone: the same ones in another order of the other classes, and with a common
  // offset, are the same evidence.
  const keyOf = (i: number, c: number) => {
    const relative = logitsOf(i).map((logit) => logit - logitsOf(i)[c]!);
    return relative.sort((a, b) => a - b).join();
  };
  const odds = (i: number, c: number) => {
    const powers = logitsOf(i).map((logit) => Math.exp(logit - logitsOf(i)[c]!));
    return -powers.reduce((sum, power) => sum + power, 0);
  };
  const areas: number[] = [];
  for (let c = 0; c < classes; c++) {
    for (let rival = 0; rival < classes; rival++) {
      if (rival === c) continue;
      let wins = 0;
      let pairs = 0;
      for (const [i, label] of labels.entries()) {
        for (const [k, against] of labels.entries()) {
          if (label !== c || against !== rival) continue;
          pairs++;
          if (keyOf(i, c) === keyOf(k, c)) wins += 0.5;
          else if (odds(i, c) > odds(k, c)) wins++;
        }
      }
      areas.push(wins / pairs);
    }
  }
  const area = areas.reduce((sum, value) => sum + value, 0) / areas.length;
  near(handTillAuc(scored({ classes, labels, logits }))(labels.map(() => 1)), area, 'area');
});

test('of one-hot scores, chance decides which of the equal ones are among the three highest', () => {
  const classes = 10;
  const labels = [0, 1];
  const logits = [0, 2].flatMap((called) =>
    Array.from({ length: classes }, (_, c) => Number(c === called)),
  );
  const { whole } = classifierStatistics(scored({ classes, labels, logits }))(Uint8Array.of(1, 1));
  // The first image is called right; of the second, two of nine equal classes follow the one that
  // it is called.
  assert.equal(whole.top3Accuracy, (1 + 2 / 9) / 2);
  assert.equal(whole.accuracy, 0.5);
});
