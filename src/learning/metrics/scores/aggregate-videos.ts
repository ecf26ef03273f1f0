import { formatList } from '../../../format-numbers.ts';
import { groupBy } from '../../../group-by.ts';
import { err, ok, type Result } from '../../../result.ts';
import type { Highlight } from '../../../stage.ts';
import { softmax } from '../arithmetic/logits.ts';
import { mean } from '../arithmetic/mean.ts';
import { commonSlices } from './average-groups.ts';
import { scaleOfTable } from './binary-view.ts';
import type { ScoreRow, ScoreTable, UnscoredVideo } from './scores-file.ts';
import type { Aggregate, MissingRule, Unit } from './video-settings.ts';

/** How images are joined by video, and how a video without an image counts. */
export interface VideoRule {
  readonly aggregate: Aggregate;
  readonly missing: MissingRule;
}

/** How the scores of images become those of their videos. */
export interface VideoScoring extends VideoRule {
  /** The class that a detector searches for, of two; the second one when absent. */
  readonly positive?: readonly string[] | undefined;
}

/**
 * One row for each video of a split, with probabilities for its classes, from those of its images.
 * Its key is the name of the video, and its group that of its images, by which a bootstrap draws.
 * Images of no video stay as they are, as probabilities. The error is one sentence.
 *
 * The score of a file of logits becomes a probability by the softmax of an image before videos are
 * formed, as benchmarks of forged videos do it: the mean of logits would let one image with an
 * extreme score decide.
 *
 * @example Two images of probability 0.2 and 0.8: mean 0.5, max 0.8, `{ above: 0.5 }` 0.5.
 */
export function aggregateVideos(
  table: ScoreTable,
  { aggregate, missing, positive = table.classes.slice(1) }: VideoScoring,
): Result<ScoreTable, string> {
  const { classes, names } = table;
  if (classes.length > 2 && aggregate !== 'mean')
    return err(
      `expected \`aggregate: mean\` for more than two classes, of which none is the one that is searched for, got ${classes.length} classes`,
    );
  const scale = scaleOfTable(table);
  const probabilitiesOf = ({ scores }: ScoreRow) => (scale === 'logits' ? softmax(scores) : scores);
  const searched = positive[0] === classes[0] ? 0 : 1;
  const videos = groupBy(table.rows, (row) =>
    row.video === undefined ? row : JSON.stringify([row.split, row.video]),
  );
  const rows: ScoreRow[] = [];
  for (const images of videos.values()) {
    const [first] = images as [ScoreRow];
    const { scores: _, key, slices: _s, ...facts } = first;
    const labels = new Set(images.map(({ label }) => label));
    if (labels.size > 1) {
      const labelNames = formatList([...labels].map((label) => names[label]!));
      return err(
        `expected one label for all images of a video, got ${labelNames} for ${first.video} of ${first.split}`,
      );
    }
    const slices = commonSlices(images);
    rows.push({
      ...facts,
      key: first.video ?? key,
      scores: combine(images.map(probabilitiesOf), searched, aggregate),
      ...(slices !== undefined && { slices }),
    });
  }
  if (missing === 'excluded') return ok({ ...table, scale: 'probabilities', rows });
  for (const video of table.unscored ?? []) rows.push(rowOf(video, classes.length, missing));
  // They have scores from here on.
  return ok({ ...table, scale: 'probabilities', rows, unscored: undefined });
}

/** Whether rows are videos, joined by an earlier stage: their keys are the names of videos. */
export const areVideos = (rows: readonly ScoreRow[]): boolean =>
  rows.every(({ key, video }) => key === video);

/** What a table calls its rows, judged by `by`: an earlier stage may have joined videos. */
export const unitOf = (rows: readonly ScoreRow[], by: Unit = 'image'): Unit =>
  by === 'image' && areVideos(rows) ? 'video' : by;

/** The row of a video without images: even odds, or certainty of another class. */
function rowOf(
  { video, label, ...facts }: UnscoredVideo,
  classes: number,
  missing: MissingRule,
): ScoreRow {
  const even = new Array<number>(classes).fill(1 / classes);
  const wrong = Array.from(even, (_, c) => (c === label ? 0 : 1 / (classes - 1)));
  return { ...facts, key: video, video, label, scores: missing === 'wrong' ? wrong : even };
}

/**
 * The probabilities of a video, `[classes]`, from those of its images, `[images][classes]`. Both
 * sides are combined, not one subtracted from 1, since a probability near 1 keeps fewer digits than
 * its complement.
 */
function combine(
  images: readonly (readonly number[])[],
  searched: number,
  aggregate: Aggregate,
): readonly number[] {
  const meanOf = (chosen: readonly (readonly number[])[]) =>
    chosen[0]!.map((_, c) => mean(chosen.map((scores) => scores[c]!)));
  if (aggregate === 'mean') return meanOf(images);
  if (typeof aggregate === 'object' && 'above' in aggregate) {
    const share = mean(images.map((scores) => (scores[searched]! > aggregate.above ? 1 : 0)));
    return searched === 0 ? [share, 1 - share] : [1 - share, share];
  }
  const odds = (scores: readonly number[]) => scores[searched]! - scores[1 - searched]!;
  const highest = images.toSorted((a, b) => odds(b) - odds(a));
  const middle = (images.length - 1) / 2;
  switch (aggregate) {
    case 'max':
      return highest[0]!;
    case 'median':
      return meanOf([highest[Math.floor(middle)]!, highest[Math.ceil(middle)]!]);
    default:
      return meanOf(highest.slice(0, aggregate.top));
  }
}

/** The numbers of videos of a split with a label, for a table. */
interface VideoCounts {
  readonly split: string;
  readonly label: string;
  readonly images: number;
  readonly videos: number;
  /** Videos without an image. */
  readonly unscored: number;
}

/** Counts the videos of each split and label, those without an image too. */
function countVideos({ rows, names, unscored = [] }: ScoreTable): readonly VideoCounts[] {
  const all: readonly VideoClass[] = [...rows, ...unscored];
  const parts = groupBy(all, ({ split, label }) => JSON.stringify([split, label]));
  return Array.from(parts.values(), (members) => {
    const { split, label } = members[0]!;
    const isHere = (row: VideoClass) => row.split === split && row.label === label;
    const images = rows.filter(isHere);
    return {
      split,
      label: names[label]!,
      images: images.length,
      videos: new Set(images.map(({ video, key }) => video ?? key)).size,
      unscored: unscored.filter(isHere).length,
    };
  });
}

/** What a video is counted by. */
interface VideoClass {
  readonly split: string;
  readonly label: number;
}

/** A table of the videos that are judged, and of those without an image. */
export function videosTable(
  table: ScoreTable,
  { missing }: { readonly missing: MissingRule },
): Highlight {
  const how = { '0.5': 'count as 0.5', wrong: 'count as wrong', excluded: 'are left out' };
  return {
    title: `Videos; those without images ${how[missing]}`,
    role: 'data',
    columns: ['split', 'class', 'videos', 'their images', 'without images'],
    rows: countVideos(table).map(({ split, label, videos, images, unscored }) => {
      return [split, label, videos, images, unscored];
    }),
  };
}

/** The tables of videos of several models, each once: models often share their videos. */
export function distinctTables(
  models: readonly { readonly videos?: Highlight | undefined }[],
): Iterable<Highlight> {
  const tables = models.flatMap(({ videos }) => videos ?? []);
  return new Map(tables.map((table) => [JSON.stringify(table), table])).values();
}
