import { writeFileSync } from 'node:fs';
import { formatShare } from '../../src/format-numbers.ts';
import { renderOutput } from '../../src/learning/charts/render-chart.ts';
import { mean } from '../../src/learning/metrics/arithmetic/mean.ts';
import {
  formatScores,
  type ScoreRow,
  type ScoreTable,
  unlabelled,
} from '../../src/learning/metrics/scores/scores-file.ts';
import { aggregateTitle } from '../../src/learning/metrics/scores/video-settings.ts';
import { type StageContext, StageError } from '../../src/stage.ts';
import { certaintySheet } from './certainty-sheet.ts';
import { type NewImage, type NewImages, openImages } from './new-images.ts';
import { type Prediction, scoreImages } from './score-images.ts';
import {
  describeVideos,
  followVideos,
  framesTable,
  joinVideos,
  type ScoredVideo,
  videosTable,
} from './scored-videos.ts';
import type { PredictSettings } from './spec.ts';
import { timelineChart } from './timeline-chart.ts';

type Context = StageContext<PredictSettings>;

export default async function run(context: Context): Promise<void> {
  const { settings } = context;
  using opened = openImages(context.input('images').path);
  if (settings.by === 'video') requireVideos(opened.images);
  const { classes, predictions } = await scoreImages(context, opened.images);
  const images = tableOf(classes, predictions, opened);
  const table = settings.by === 'video' ? joinVideos(images, settings.aggregate) : images;
  writeFileSync(context.output('scores'), formatScores(table));
  const videos = settings.by === 'video' ? followVideos(table, predictions) : undefined;
  const decided = videos === undefined ? predictions : videos.map(decisionOf);
  const called = classes.map((name, c) => {
    const members = decided.filter((decision) => decision.called === c);
    const meanProbability =
      members.length === 0 ? null : mean(members.map((decision) => decision.certainty));
    return { name, count: members.length, meanProbability };
  });
  const unit = videos === undefined ? 'images' : 'videos';
  const summary = {
    images: predictions.length,
    unreadable: opened.images.length - predictions.length,
    ...(videos !== undefined && { videos: videos.length, withoutImages: opened.missing.length }),
    called: Object.fromEntries(
      called.map(({ name, count, meanProbability }) => [name, { [unit]: count, meanProbability }]),
    ),
    ...(videos !== undefined && { byVideo: describeVideos(classes, videos) }),
  };
  writeFileSync(context.output('summary'), `${JSON.stringify(summary, null, 2)}\n`);
  const sheet = await certaintySheet(classes, predictions, settings.pictures);
  await renderOutput(context, 'sheet', sheet);
  context.highlight({
    title: `New ${unit}`,
    columns: ['called', unit, 'share', 'mean probability'],
    rows: called.map(({ name, count, meanProbability }) => [
      name,
      count,
      decided.length === 0 ? '' : formatShare(count / decided.length),
      meanProbability === null ? '' : formatShare(meanProbability),
    ]),
  });
  if (videos !== undefined) await showVideos(context, classes, videos, predictions, opened);
}

/** Throws a {@link StageError} for images of no video. */
function requireVideos(images: readonly NewImage[]): void {
  const stray = images.find(({ video }) => video === undefined);
  if (stray === undefined) return;
  throw new StageError(
    `Expected images of videos (by: video), such as those of \`frames\` or \`faces\`, but ${stray.path} is of none.`,
  );
}

function tableOf(
  classes: readonly string[],
  predictions: readonly Prediction[],
  { missing }: NewImages,
): ScoreTable {
  const facts = { split: 'new', label: unlabelled };
  const rows = predictions.map(({ image, scores }): ScoreRow => {
    return { key: image.key, ...facts, scores, video: image.video };
  });
  const unscored = missing.map(({ video }) => ({ ...facts, video }));
  return { classes, names: classes, rows, unscored };
}

const decisionOf = ({ called, probabilities }: ScoredVideo) => ({
  called,
  certainty: probabilities[called]!,
});

async function showVideos(
  context: Context,
  classes: readonly string[],
  videos: readonly ScoredVideo[],
  predictions: readonly Prediction[],
  { missing }: NewImages,
): Promise<void> {
  writeFileSync(context.output('frames'), framesTable(classes, videos, predictions));
  const { aggregate, pictures } = context.settings;
  const rule = aggregateTitle(aggregate);
  await renderOutput(context, 'timeline', await timelineChart(classes, videos, { rule, pictures }));
  context.highlight(videosTable(classes, videos, missing));
}
