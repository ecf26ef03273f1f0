import { readFileSync } from 'node:fs';
import { StageError } from '../../../stage.ts';
import { thereAre } from '../../../suggest.ts';
import type { ScoreScale } from '../arithmetic/logits.ts';
import { aggregateVideos, areVideos, unitOf, videosTable } from './aggregate-videos.ts';
import { averageGroups } from './average-groups.ts';
import { type BinaryRow, binaryView, type SideNames } from './binary-view.ts';
import { parseScores, type ScoreRow, type ScoreTable } from './scores-file.ts';
import type { Aggregate, MissingRule, Unit } from './video-settings.ts';

/** How a `scores` file is read. */
export interface ReadScoresOptions {
  /** The classes that a detector searches for; see {@link binaryView}. */
  readonly positive?: readonly string[] | undefined;
  /** What the scores are where the file does not say; by default what they look like. */
  readonly scoresAre?: ScoreScale | undefined;
  /** What is judged: images, groups by the mean scores of their images, or videos. */
  readonly by?: Unit;
  /** How videos are judged, where they are. */
  readonly aggregate?: Aggregate;
  readonly missing?: MissingRule;
  /** Whether a file without labels is a mistake; it is by default. */
  readonly needsLabels?: boolean;
}

/** Reads a `scores` file. Throws a {@link StageError}; `what` names the input: `input "scores"`. */
export function readScoreTable(
  path: string,
  what: string,
  { scoresAre, needsLabels }: ReadScoresOptions = {},
): ScoreTable {
  const scores = parseScores(readFileSync(path, 'utf8'), { needsLabels });
  if (!scores.ok) throw new StageError(`${what}, ${path}: ${scores.error}`);
  return scoresAre === undefined ? scores.value : { scale: scoresAre, ...scores.value };
}

/** Throws a {@link StageError} without images of the split. */
export function rowsOfSplit<Row extends Pick<ScoreRow, 'split'>>(
  all: readonly Row[],
  split: string,
  what: string,
) {
  const rows = all.filter((row) => row.split === split);
  if (rows.length > 0) return rows;
  const there = thereAre(split, new Set(all.map((row) => row.split)));
  throw new StageError(
    `${what}: expected images of the split "${split}", got none. ${there} Set "split".`,
  );
}

/** {@link viewOfSplit} of a file. */
export const readSplitScores = (
  path: string,
  split: string,
  what: string,
  options: ReadScoresOptions = {},
) => viewOfSplit(readScoreTable(path, what, options), split, what, options);

/**
 * The detector's view of a split, and of `all`. Throws a {@link StageError} without images of the
 * split.
 */
export function viewOfSplit(
  table: ScoreTable,
  split: string,
  what: string,
  options: ReadScoresOptions = {},
) {
  const isGrouped = options.by === 'group';
  const splitRows = rowsOfSplit(table.rows, split, what);
  if (isGrouped && splitRows.every(({ group }) => group === undefined)) {
    throw new StageError(
      `${what}: expected a column "group", by which images are averaged (by: group), got none: give the data set groups, or judge by: image`,
    );
  }
  const view = binaryView(judgedTable(table, [split], what, options), options.positive);
  if (!view.ok) throw new StageError(`${what}: ${view.error}`);
  const { rows: all, names } = view.value;
  const scale = options.by === 'video' ? 'probabilities' : table.scale;
  const rows = all.filter((row) => row.split === split);
  const unit = unitOf(splitRows, options.by);
  const { missing = 0.5 } = options;
  const ofSplit = {
    ...table,
    rows: splitRows,
    unscored: table.unscored?.filter((video) => video.split === split),
  };
  if (options.by !== 'video') return { rows, all, names, scale, unit };
  const images = binaryView(ofSplit, options.positive);
  return {
    rows,
    all,
    names,
    scale,
    unit,
    videos: videosTable(ofSplit, { missing }),
    /** Before they were joined. */
    imageRows: images.ok ? images.value.rows : undefined,
  };
}

/** The table of what is judged. Throws a {@link StageError} where it does not name it. */
export function judgedTable(
  table: ScoreTable,
  splits: readonly string[],
  what: string,
  { by, aggregate = 'mean', missing = 0.5, positive }: ReadScoresOptions,
): ScoreTable {
  if (by === 'group') return averageGroups(table);
  if (by !== 'video') return table;
  const hasVideos = (split: string) =>
    table.rows.some((row) => row.split === split && row.video !== undefined);
  const split = splits.find((split) => !hasVideos(split));
  if (split !== undefined) {
    throw new StageError(
      `${what}: expected a column "video" (by: video) in the split "${split}", got none: make the data set by frames or faces, or judge by: image`,
    );
  }
  const joined = splits.find((split) =>
    areVideos(table.rows.filter((row) => row.split === split && row.video !== undefined)),
  );
  if (joined !== undefined) {
    throw new StageError(
      `${what}: the scores of the split "${joined}" are of videos already, joined with \`by: video\` by an earlier stage: leave \`by\` out here, or join the scores of images`,
    );
  }
  const videos = aggregateVideos(table, { aggregate, missing, positive });
  if (!videos.ok) throw new StageError(`${what}: ${videos.error}`);
  return videos.value;
}

interface JudgedSplit {
  readonly rows: readonly BinaryRow[];
  readonly names: SideNames;
  readonly unit: Unit;
}

/** Throws a {@link StageError} where rows are of one side alone. */
export function requireBothSides(
  { rows, names: [negativeSide, positiveSide], unit }: JudgedSplit,
  split: string,
  what: string,
) {
  const positive = rows.filter(({ label }) => label === 1).length;
  const negative = rows.length - positive;
  if (negative > 0 && positive > 0) return;
  const got = `${negative} ${negativeSide} and ${positive} ${positiveSide}`;
  throw new StageError(
    `${what}: expected ${negativeSide} and ${positiveSide} ${unit}s in the split "${split}", got ${got}`,
  );
}
