import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { aggregateVideos, videosTable } from './aggregate-videos.ts';
import { formatScores, parseScores, type ScoreTable } from './scores-file.ts';
import type { Aggregate } from './video-settings.ts';

/** Images of videos by their probabilities of being fake. */
const tableOf = (
  videos: Readonly<Record<string, readonly number[]>>,
  unscored: ScoreTable['unscored'] = [],
): ScoreTable => ({
  classes: ['real', 'fake'],
  names: ['real', 'fake'],
  scale: 'probabilities',
  rows: Object.entries(videos).flatMap(([video, probabilities]) =>
    probabilities.map((fake, i) => ({
      key: `${video}/${i}`,
      split: 'test',
      label: video.startsWith('fake') ? 1 : 0,
      scores: [1 - fake, fake],
      group: video,
      video,
    })),
  ),
  unscored,
});

/** The probability of the class fake that a video gets. */
function fakeOf(probabilities: readonly number[], aggregate: Aggregate): number {
  const result = aggregateVideos(tableOf({ 'fake.mp4': probabilities }), {
    aggregate,
    missing: 'excluded',
  });
  assert.ok(result.ok);
  const [row, ...others] = result.value.rows;
  assert.deepEqual(
    [row!.key, row!.video, row!.group, row!.label],
    ['fake.mp4', 'fake.mp4', 'fake.mp4', 1],
  );
  assert.deepEqual(others, []);
  assert.ok(Math.abs(row!.scores[0]! + row!.scores[1]! - 1) < 1e-12);
  return Number(row!.scores[1]!.toFixed(6));
}

test('a video has the mean, median, maximum, highest mean or share of its images', () => {
  const images = [0.1, 0.9, 0.4, 0.6];
  assert.equal(fakeOf(images, 'mean'), 0.5);
  assert.equal(fakeOf(images, 'median'), 0.5);
  assert.equal(fakeOf([0.1, 0.9, 0.4], 'median'), 0.4);
  assert.equal(fakeOf(images, 'max'), 0.9);
  assert.equal(fakeOf(images, { top: 2 }), 0.75);
  assert.equal(fakeOf(images, { top: 9 }), 0.5);
  assert.equal(fakeOf(images, { above: 0.35 }), 0.75);
});

test('logits become probabilities before images are joined', () => {
  const rows = [-Math.log(4), Math.log(4), 40].map((fake, i) => ({
    key: `${i}`,
    split: 'test',
    label: 1,
    scores: [0, fake],
    video: 'a',
  }));
  const table: ScoreTable = {
    classes: ['real', 'fake'],
    names: ['real', 'fake'],
    scale: 'logits',
    rows,
  };
  const result = aggregateVideos(table, { aggregate: 'mean', missing: 0.5 });
  assert.ok(result.ok);
  assert.equal(result.value.scale, 'probabilities');
  assert.ok(Math.abs(result.value.rows[0]!.scores[1]! - (0.2 + 0.8 + 1) / 3) < 1e-12);
});

test('the class that is searched for may be the first', () => {
  const result = aggregateVideos(tableOf({ 'real.mp4': [0.1, 0.7] }), {
    aggregate: 'max',
    missing: 0.5,
    positive: ['real'],
  });
  assert.ok(result.ok);
  assert.deepEqual(result.value.rows[0]!.scores, [0.9, 0.1]);
});

test('a video without images counts as even, as wrong, or not at all, and is counted in a table', () => {
  const unscored = [{ split: 'test', label: 1, video: 'fake-2.mp4', group: 'g' }];
  const table = tableOf({ 'real.mp4': [0.2], 'fake.mp4': [0.7, 0.9] }, unscored);
  const lastOf = (missing: 0.5 | 'wrong' | 'excluded') => {
    const result = aggregateVideos(table, { aggregate: 'mean', missing });
    assert.ok(result.ok);
    const { key, scores, label, group } = result.value.rows.at(-1)!;
    return [key, label, group, ...scores.map((score) => Number(score.toFixed(6)))];
  };
  assert.deepEqual(lastOf(0.5), ['fake-2.mp4', 1, 'g', 0.5, 0.5]);
  assert.deepEqual(lastOf('wrong'), ['fake-2.mp4', 1, 'g', 1, 0]);
  assert.deepEqual(lastOf('excluded'), ['fake.mp4', 1, 'fake.mp4', 0.2, 0.8]);
  assert.deepEqual(videosTable(table, { missing: 0.5 }), {
    title: 'Videos; those without images count as 0.5',
    role: 'data',
    columns: ['split', 'class', 'videos', 'their images', 'without images'],
    rows: [
      ['test', 'real', 1, 1, 0],
      ['test', 'fake', 1, 2, 1],
    ],
  });
});

test('images of one video with two labels, and more than two classes without a mean, are refused', () => {
  const table = tableOf({ 'fake.mp4': [0.2, 0.4] });
  const mixed = { ...table, rows: table.rows.map((row, label) => ({ ...row, label })) };
  const scoring = { aggregate: 'max', missing: 0.5 } as const;
  assert.deepEqual(aggregateVideos(mixed, scoring), {
    ok: false,
    error: 'expected one label for all images of a video, got real and fake for fake.mp4 of test',
  });
  const three = { ...table, classes: ['a', 'b', 'c'] };
  assert.deepEqual(aggregateVideos(three, scoring), {
    ok: false,
    error:
      'expected `aggregate: mean` for more than two classes, of which none is the one that is searched for, got 3 classes',
  });
});

test('a file of scores keeps videos, and those without images', () => {
  const unscored = [
    {
      split: 'test',
      label: 0,
      class: undefined,
      source: undefined,
      group: 'g',
      video: 'real-2.mp4',
    },
  ];
  const table = tableOf({ 'real.mp4': [0.25], 'fake.mp4': [0.75] }, unscored);
  const text = formatScores(table);
  assert.equal(
    text,
    'key,split,label,probability.real,probability.fake,group,video\n' +
      'real.mp4/0,test,real,0.75,0.25,real.mp4,real.mp4\n' +
      'fake.mp4/0,test,fake,0.25,0.75,fake.mp4,fake.mp4\n' +
      'real-2.mp4,test,real,,,g,real-2.mp4\n',
  );
  assert.deepEqual(parseScores(text), { ok: true, value: table });
});

test('neither the order of images nor that of videos decides anything', () => {
  const probabilities = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), {
    minLength: 1,
    maxLength: 8,
  });
  const aggregates = fc.constantFrom<Aggregate>('median', 'max', { top: 3 }, { above: 0.5 });
  fc.assert(
    fc.property(probabilities, aggregates, (images, aggregate) => {
      assert.equal(fakeOf(images.toReversed(), aggregate), fakeOf(images, aggregate));
    }),
  );
});
