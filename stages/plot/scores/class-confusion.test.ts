import assert from 'node:assert/strict';
import { test } from 'node:test';
import { shareInterval } from '../../../src/learning/metrics/intervals/share-difference.ts';
import type { ScoreTable } from '../../../src/learning/metrics/scores/scores-file.ts';
import { classConfusionChart } from './class-confusion.ts';

/** Sixteen classes of ten images, of which three of the first are called the second. */
function table(groupOf?: (image: number) => string): ScoreTable {
  const classes = Array.from({ length: 16 }, (_, c) => `class ${c}`);
  const rows = classes.flatMap((_, label) =>
    Array.from({ length: 10 }, (_, i) => {
      const called = label === 0 && i < 3 ? 1 : label;
      const scores = classes.map((_, c) => (c === called ? 1 : 0));
      const group = groupOf && { group: `${label} ${groupOf(i)}` };
      return { key: `${label}-${i}`, split: 'test', label, scores, ...group };
    }),
  );
  return { classes, names: classes, rows };
}

const endsOf = (scores: ScoreTable): string =>
  JSON.stringify(classConfusionChart([scores], single, (name) => name));

const single = { split: 'test', unit: 'image', over: [] } as const;

/** Three classes of four images, of which `wrong` of the first class are called the second. */
function run(wrong: number): ScoreTable {
  const classes = ['cat', 'dog', 'bird'];
  const rows = classes.flatMap((_, label) =>
    Array.from({ length: 4 }, (_, i) => {
      const called = label === 0 && i < wrong ? 1 : label;
      const scores = classes.map((_, c) => (c === called ? 1 : 0));
      return { key: `${label}-${i}`, split: 'test', label, scores };
    }),
  );
  return { classes, names: classes, rows };
}

test('the interval of a confused pair counts the frames of a video once', () => {
  const has = (chart: string, images: number) => {
    const { low } = shareInterval({ value: 0.3, images }, 0.95);
    return chart.includes(`"low":${low}`);
  };
  const alone = endsOf(table());
  const videos = endsOf(table((image) => `video ${image % 4}`));
  assert.deepEqual([has(alone, 10), has(alone, 4)], [true, false]);
  assert.deepEqual([has(videos, 10), has(videos, 4)], [false, true]);
});

test('the matrix of several runs is their mean, and a run as often as it is there gives its own', () => {
  const over = { ...single, over: ['seed'] };
  const draw = (runs: readonly [ScoreTable, ...ScoreTable[]]) =>
    JSON.stringify(classConfusionChart(runs, over, (name, number) => `${name}: ${number}`));
  const mean = draw([run(1), run(2), run(4)]);
  // Of four cats 1, 2 and 4 are called dogs: 7 / 3 on average; 11, 10 and 8 of 12 images are right.
  assert.match(
    mean,
    /"row":"cat","column":"dog","images":2.33333,"value":0.583333,"text":"2.3\\n58 %"/,
  );
  assert.match(mean, /Confusion on test: 80.6 % called right/);
  assert.match(
    mean,
    /12 images of 3 classes; mean of 3 runs \(seed\), right for 66.7 % to","91.7 %/,
  );
  const cells = (chart: string) => /"values":\[.*?\]/.exec(chart)?.[0];
  const alone = JSON.stringify(classConfusionChart([run(2)], single, (name) => name));
  assert.equal(cells(draw([run(2), run(2), run(2)])), cells(alone));
});
