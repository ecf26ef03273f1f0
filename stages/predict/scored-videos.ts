import { type CsvRow, csvTable } from '../../src/csv.ts';
import { formatShare, toDecimals } from '../../src/format-numbers.ts';
import { groupBy } from '../../src/group-by.ts';
import { softmax } from '../../src/learning/metrics/arithmetic/logits.ts';
import { aggregateVideos } from '../../src/learning/metrics/scores/aggregate-videos.ts';
import type { ScoreTable } from '../../src/learning/metrics/scores/scores-file.ts';
import type { Aggregate } from '../../src/learning/metrics/scores/video-settings.ts';
import { compare } from '../../src/sort-order.ts';
import { type Highlight, StageError } from '../../src/stage.ts';
import type { NewImage } from './new-images.ts';
import type { Prediction } from './score-images.ts';

/** An image of a video with its probability, 0 to 1, of the class that is followed. */
export interface Moment {
  readonly image: NewImage;
  readonly probability: number;
}

/** A video with what its images say of it. */
export interface ScoredVideo {
  readonly video: string;
  /** `[classes]`, joined by the aggregate; they sum to 1. */
  readonly probabilities: readonly number[];
  /** The class with the highest of them. */
  readonly called: number;
  /** The class whose probability is followed over time: of two the second, else the called one. */
  readonly followed: number;
  /** In the order of time. */
  readonly moments: readonly Moment[];
  readonly highest: Moment;
  readonly lowest: Moment;
}

/** The scores of videos from those of their images; the unscored ones stay without. */
export function joinVideos(table: ScoreTable, aggregate: Aggregate): ScoreTable {
  // The networks give logits, also where their few scores look like probabilities.
  const logits: ScoreTable = { ...table, scale: 'logits' };
  const joined = aggregateVideos(logits, { aggregate, missing: 'excluded' });
  if (!joined.ok) throw new StageError(`Input "images": ${joined.error}.`);
  return { ...joined.value, unscored: table.unscored };
}

/** The videos of a table of {@link joinVideos}, those most of the followed class first. */
export function followVideos(
  { rows }: ScoreTable,
  predictions: readonly Prediction[],
): readonly ScoredVideo[] {
  const images = groupBy(predictions, ({ image }) => image.video!);
  const videos = rows.map(({ key, scores: probabilities }): ScoredVideo => {
    const called = probabilities.indexOf(Math.max(...probabilities));
    const followed = probabilities.length === 2 ? 1 : called;
    const moments = images
      .get(key)!
      .map(({ image, scores }) => ({ image, probability: softmax(scores)[followed]! }))
      .sort((a, b) => compare(timeOf(a.image), timeOf(b.image)));
    const ascending = moments.toSorted((a, b) => a.probability - b.probability);
    const highest = ascending.at(-1)!;
    const lowest = ascending[0]!;
    return { video: key, probabilities, called, followed, moments, highest, lowest };
  });
  return videos.sort((a, b) => b.probabilities[b.followed]! - a.probabilities[a.followed]!);
}

/** In seconds; of a video without times, such as of numbered pictures, the number of the frame. */
export const timeOf = ({ time, frame }: NewImage): number => time ?? frame ?? 0;

/** A row for each image of a video. */
export function framesTable(
  classes: readonly string[],
  videos: readonly ScoredVideo[],
  predictions: readonly Prediction[],
): string {
  const byKey = new Map(predictions.map((prediction) => [prediction.image.key, prediction]));
  const rows = videos.flatMap(({ video, moments }) =>
    moments.map(({ image }): CsvRow => {
      const probabilities = softmax(byKey.get(image.key)!.scores);
      const named = classes.map((name, c) => [`probability.${name}`, probabilities[c]!] as const);
      const { key, frame, time } = image;
      return { video, frame, time, key, ...Object.fromEntries(named) };
    }),
  );
  const columns = classes.map((name) => `probability.${name}`);
  return csvTable(rows, ['video', 'frame', 'time', 'key', ...columns]);
}

/** Each video by its name, for the JSON of the summary. */
export function describeVideos(classes: readonly string[], videos: readonly ScoredVideo[]) {
  const momentOf = ({ image: { frame, time }, probability }: Moment) => ({
    probability,
    ...(frame !== undefined && { frame }),
    ...(time !== undefined && { time }),
  });
  const described = videos.map(
    ({ video, probabilities, called, followed, moments, highest, lowest }) => [
      video,
      {
        called: classes[called]!,
        images: moments.length,
        probability: Object.fromEntries(classes.map((name, c) => [name, probabilities[c]!])),
        followed: classes[followed]!,
        highest: momentOf(highest),
        lowest: momentOf(lowest),
      },
    ],
  );
  return Object.fromEntries(described) as Readonly<Record<string, object>>;
}

/** Videos that a table of a run shows; the files have all. */
const mostRows = 20;

/** A row for each video, and for each without an image, with why. */
export function videosTable(
  classes: readonly string[],
  videos: readonly ScoredVideo[],
  missing: readonly { readonly video: string; readonly reason: string }[],
): Highlight {
  const shown = ({ probability, image }: Moment) =>
    `${formatShare(probability)} at ${formatMoment(image)}`;
  const scored = videos.map(
    ({ video, called, followed, probabilities, moments, highest, lowest }) => [
      video,
      classes[called]!,
      `${classes[followed]} ${formatShare(probabilities[followed]!)}`,
      moments.length,
      shown(highest),
      shown(lowest),
    ],
  );
  const unscored = missing.map(({ video, reason }) => [video, reason, '', 0, '', '']);
  const rows = [...scored, ...unscored];
  const title = rows.length > mostRows ? `Videos, ${mostRows} of ${rows.length}` : 'Videos';
  return {
    title,
    columns: ['video', 'called', 'probability', 'images', 'highest', 'lowest'],
    rows: rows.slice(0, mostRows),
  };
}

/** Where an image stands in its video: `1.25 s`, or its number where no time is known. */
export const formatMoment = ({ time, frame = 0 }: NewImage): string =>
  time === undefined ? `image ${frame}` : `${toDecimals(time, 2)} s`;
