import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { formatScores, type ScoreRow } from '../../src/learning/metrics/scores/scores-file.ts';
import { StageBench } from '../../test/support/stage-bench.ts';
import runPlot from '../plot/run.ts';
import { spec as plot } from '../plot/spec.ts';
import runRocDet from '../roc-det/run.ts';
import { spec as rocDet } from '../roc-det/spec.ts';
import run from './run.ts';
import { spec } from './spec.ts';

/** Probabilities of being fake for the frames of a video. */
const frames = (video: string, label: 0 | 1, ...probabilities: readonly number[]) =>
  probabilities.map(
    (fake, i): ScoreRow => ({
      key: `${video}/${i}`,
      split: 'test',
      label,
      scores: [1 - fake, fake],
      group: video,
      video,
    }),
  );

/** One frame of `b` looks forged, and no frame of `d` shows a face. */
const table = {
  classes: ['real', 'fake'],
  names: ['real', 'fake'],
  scale: 'probabilities',
  rows: [
    ...frames('a', 0, 0.1, 0.2, 0.15),
    ...frames('b', 0, 0.1, 0.95, 0.1),
    ...frames('c', 1, 0.8, 0.9, 0.6),
    ...frames('e', 1, 0.7, 0.9, 0.3),
  ],
  unscored: [{ split: 'test', label: 1, video: 'd', group: 'd' }],
} as const;

function benchWithScores(): StageBench & { readonly scores: string } {
  const bench = new StageBench();
  const scores = join(bench.root, 'scores.csv');
  writeFileSync(scores, formatScores(table));
  return Object.assign(bench, { scores });
}

const video = { by: 'video', draws: 100 } as const;

test('evaluate judges videos, and shows their frames beside them and those without a face', async () => {
  using bench = benchWithScores();
  const inputs = { scores: bench.scores };
  await bench.run(spec, run, {
    with: { splits: ['test'], ...video },
    inputs,
    outputs: ['scores', 'metrics'],
  });
  const { splits, images } = JSON.parse(
    readFileSync(bench.output('metrics', spec.outputs['metrics']), 'utf8'),
  );
  assert.deepEqual([splits.test.videos, splits.test.real, splits.test.fake], [5, 2, 3]);
  assert.deepEqual([images.splits.test.images, images.splits.test.real], [12, 6]);
  assert.equal(splits.test.auc, 1, 'd has 0.5, above the means of a and b');
  assert.ok(images.splits.test.auc < 1);
  const [title, ...lines] = bench.highlights.filter(({ title }) => title.startsWith('Videos'));
  assert.deepEqual(lines, []);
  assert.deepEqual(title, {
    title: 'Videos; those without images count as 0.5',
    role: 'data',
    columns: ['split', 'class', 'videos', 'their images', 'without images'],
    rows: [
      ['test', 'real', 2, 6, 0],
      ['test', 'fake', 2, 6, 1],
    ],
  });
  const both = bench.highlights.find(({ title }) => title === 'Images and videos')!;
  assert.deepEqual(
    both.rows.map((row) => row.slice(0, 3)),
    [
      ['test', 'images', 12],
      ['test', 'videos', 5],
    ],
  );
  const scores = readFileSync(bench.output('scores', spec.outputs['scores']), 'utf8');
  const [header, ...rows] = scores.trim().split('\n');
  assert.equal(header, 'key,split,label,probability.real,probability.fake,group,video');
  assert.deepEqual(
    rows.map((row) => row.split(',').slice(0, 3).join()),
    ['a,test,real', 'b,test,real', 'c,test,fake', 'e,test,fake', 'd,test,fake'],
  );
  assert.equal(rows.at(-1), 'd,test,fake,0.5,0.5,d,d');
  assert.deepEqual(bench.warnings, [
    'test: the highest score of 1 of 5 videos is shared by several classes. Each of them counts as called all of these classes, in equal parts.',
    'test has few videos: 2 of real and 3 of fake. With fewer than 20 of a class, intervals are wide, and tests find only large differences.',
  ]);
});

test('scores of videos are not joined again, and rank without `by` as they did', async () => {
  using bench = benchWithScores();
  await bench.run(spec, run, {
    with: { splits: ['test'], ...video, missing: 'excluded' },
    inputs: { scores: bench.scores },
    outputs: ['scores', 'metrics'],
  });
  const scores = join(bench.root, 'joined.csv');
  writeFileSync(scores, readFileSync(bench.output('scores', spec.outputs['scores'])));
  const inputs = { scores };
  const refusal = (what: string) => ({
    name: 'StageError',
    message: `${what}: the scores of the split "test" are of videos already, joined with \`by: video\` by an earlier stage: leave \`by\` out here, or join the scores of images`,
  });
  await assert.rejects(
    bench.run(rocDet, runRocDet, { with: { ...video }, inputs }),
    refusal('input "scores"'),
  );
  await assert.rejects(
    bench.run(plot, runPlot, { with: { chart: 'histogram', by: 'video' }, inputs }),
    refusal('input "scores"'),
  );
  await assert.rejects(
    bench.run(spec, run, { with: { splits: ['test'], ...video }, inputs }),
    refusal('Input "scores"'),
  );
  await bench.run(rocDet, runRocDet, { with: { draws: 100 }, inputs });
  const metrics = JSON.parse(
    readFileSync(bench.output('metrics', rocDet.outputs['metrics']), 'utf8'),
  );
  assert.deepEqual([metrics.by, metrics.videos, metrics.auc], ['video', 4, 1]);
  const svgOf = (port: string) => readFileSync(join(bench.output(port), 'chart.svg'), 'utf8');
  assert.match(svgOf('roc'), /2 real and 2 fake videos/);
  assert.match(svgOf('reliability'), />Videos</);
  for (const chart of ['histogram', 'confusion', 'errors']) {
    await bench.run(plot, runPlot, { with: { chart }, inputs });
    assert.match(svgOf('chart'), /2 real and 2 fake videos/, chart);
    assert.doesNotMatch(svgOf('chart'), /images/i, chart);
  }
  const lines = readFileSync(scores, 'utf8').split('\n');
  writeFileSync(scores, lines.filter((line) => !line.includes(',fake,')).join('\n'));
  await assert.rejects(bench.run(rocDet, runRocDet, { inputs }), {
    message:
      'input "scores": expected real and fake videos in the split "test", got 2 real and 0 fake',
  });
});

test('the aggregate and the rule for videos without a face decide the result', async () => {
  using bench = benchWithScores();
  const aucOf = async (settings: object) => {
    await bench.run(spec, run, {
      with: { splits: ['test'], ...video, ...settings },
      inputs: { scores: bench.scores },
      outputs: ['scores', 'metrics'],
    });
    return JSON.parse(readFileSync(bench.output('metrics', spec.outputs['metrics']), 'utf8')).splits
      .test.auc;
  };
  // Pairs of a real and a fake video that are in order, of 6 in all, or of 4 without d.
  assert.equal(await aucOf({ aggregate: 'max' }), 3 / 6, 'b has 0.95, above all others');
  assert.equal(await aucOf({ aggregate: 'max', missing: 'excluded' }), 2 / 4);
  assert.equal(await aucOf({ missing: 'wrong' }), 4 / 6);
  assert.equal(await aucOf({ aggregate: { above: 0.5 }, missing: 'excluded' }), 1);
});

test('roc-det and plot judge videos too', async () => {
  using bench = benchWithScores();
  const inputs = { scores: bench.scores };
  await bench.run(rocDet, runRocDet, { with: { ...video }, inputs });
  const metrics = JSON.parse(
    readFileSync(bench.output('metrics', rocDet.outputs['metrics']), 'utf8'),
  );
  assert.deepEqual([metrics.by, metrics.videos, metrics.auc], ['video', 5, 1]);
  const reliability = readFileSync(join(bench.output('reliability'), 'chart.svg'), 'utf8');
  assert.match(reliability, />Videos</);
  const titles = () => bench.highlights.map(({ title }) => title);
  assert.ok(titles().includes('Videos; those without images count as 0.5'));
  await bench.run(plot, runPlot, {
    with: { chart: 'histogram', by: 'video', aggregate: 'max', missing: 'excluded' },
    inputs,
  });
  assert.equal(titles().at(-1), 'Videos; those without images are left out');
  const svg = readFileSync(join(bench.output('chart'), 'chart.svg'), 'utf8');
  assert.match(svg, /2 real and 2 fake videos/);
  assert.match(svg, /right of the line a video is called fake/);
});

test('scores without videos, and settings of videos where images are judged, are refused', async () => {
  using bench = new StageBench();
  const scores = join(bench.root, 'scores.csv');
  const rows = table.rows.map(({ video: _, ...row }) => row);
  writeFileSync(scores, formatScores({ ...table, rows, unscored: [] }));
  await assert.rejects(
    bench.run(spec, run, { with: { splits: ['test'], by: 'video' }, inputs: { scores } }),
    {
      name: 'StageError',
      message:
        'Input "scores": expected a column "video" (by: video) in the split "test", got none: make the data set by frames or faces, or judge by: image',
    },
  );
  const settings = spec.settings.parse({ aggregate: 'max', missing: 'wrong' });
  assert.deepEqual(spec.check!(settings, new Set(['scores'])), [
    { at: ['aggregate'], message: 'it needs `by: video`' },
    { at: ['missing'], message: 'it needs `by: video`' },
  ]);
});

test('each table of videos of three classes counts videos, in its columns and its title', async () => {
  using bench = new StageBench();
  const scores = join(bench.root, 'scores.csv');
  const classes = ['cat', 'dog', 'owl'];
  const rows = ['a', 'b', 'c', 'd', 'e', 'f'].flatMap((name, i) =>
    [0, 1].map((frame): ScoreRow => {
      const label = i % 3;
      // The videos `a` and `d` of cats are called dogs.
      const called = Math.max(label, 1);
      return {
        key: `${name}/${frame}`,
        split: 'test',
        label,
        scores: classes.map((_, c) => (c === called ? 0.8 : 0.1)),
        group: name,
        video: name,
      };
    }),
  );
  writeFileSync(scores, formatScores({ classes, names: classes, scale: 'probabilities', rows }));
  await bench.run(spec, run, {
    with: { splits: ['test'], ...video },
    inputs: { scores },
    outputs: ['scores', 'metrics'],
  });
  const confused = bench.highlights.find(({ title }) => title === 'Most confused classes');
  assert.deepEqual(confused?.columns, ['split', 'class', 'called', 'videos', 'of the class']);
  assert.deepEqual(confused?.rows, [['test', 'cat', 'dog', 2, '100.0 %']]);
  const ofBoth = ['Videos; those without images count as 0.5', 'Images and videos'];
  for (const { title, columns } of bench.highlights.filter(({ title }) => !ofBoth.includes(title)))
    assert.doesNotMatch([title, ...columns].join(), /image/);
});
