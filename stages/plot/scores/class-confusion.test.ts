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
  JSON.stringify(classConfusionChart(scores, { split: 'test', unit: 'image' }, (name) => name));

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
