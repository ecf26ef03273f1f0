import type { TopLevelSpec } from 'vega-lite';
import { formatCount, formatCountOf, formatCountRange } from '../../../src/format-numbers.ts';
import { nameSeries } from '../../../src/learning/charts/series.ts';
import { logitDifferences } from '../../../src/learning/metrics/arithmetic/logits.ts';
import { type Confusion, confusion } from '../../../src/learning/metrics/detector-confusion.ts';
import { distinctTables } from '../../../src/learning/metrics/scores/aggregate-videos.ts';
import {
  readSplitScores,
  requireBothSides,
} from '../../../src/learning/metrics/scores/read-split-scores.ts';
import { describeInput } from '../../../src/read-input.ts';
import type { InputArtifact } from '../../../src/stage.ts';
import type { DrawForm } from '../forms/draw-form.ts';
import type { PlotSettings } from '../forms/settings.ts';

/**
 * The images of a split as one model scored them: `differences` are the score of positive minus
 * that of negative, `sides` their names, and `name` distinguishes the model from others, if there
 * are any.
 */
export type ModelScores = ReturnType<typeof readItem>;

/** The scores of every item, and the labels that they share. */
export interface SplitScores {
  readonly split: string;
  readonly models: readonly ModelScores[];
  readonly shared: InputArtifact['labels'];
}

/** What a chart of decisions at one threshold shows. */
export interface ThresholdOptions {
  /** An image whose score difference lies above it is called positive. */
  readonly threshold: number;
  readonly title?: string;
}

/** The same, and how scores are binned. */
export interface ScoresOptions extends ThresholdOptions {
  readonly bins: number;
  readonly scale: NonNullable<PlotSettings['scale']>;
}

/**
 * Draws the scores of a split. Throws a {@link StageError} where a file is none, or has no images
 * of both classes in it.
 */
export const drawScores =
  (draw: (scores: SplitScores, options: ScoresOptions) => TopLevelSpec): DrawForm =>
  (context) => {
    const { settings } = context;
    const items = context.inputs('scores');
    const { split = 'test' } = settings;
    const { names, shared } = nameSeries(items.map(({ labels }) => labels));
    const models = items.map((item, index) => readItem(item, settings, names[index]!));
    for (const table of distinctTables(models)) context.highlight(table);
    return draw({ split, shared, models }, { bins: 40, scale: 'share', threshold: 0, ...settings });
  };

function readItem(
  { path, labels: axes }: InputArtifact,
  { split = 'test', ...settings }: PlotSettings,
  name: string,
) {
  const what = describeInput('scores', axes);
  const view = readSplitScores(path, split, what, settings);
  requireBothSides(view, split, what);
  const { rows, names: sides, unit, videos } = view;
  const labels = Uint8Array.from(rows, ({ label }) => label);
  const positive = labels.reduce((sum, label) => sum + label, 0);
  const differences = logitDifferences(rows.flatMap((row) => [row.negative, row.positive]));
  const negative = labels.length - positive;
  return { name, labels, differences, negative, positive, sides, unit, videos };
}

/** The confusion of calling an image positive when its difference is above the threshold. */
export const confusionAbove = (
  { labels, differences }: ModelScores,
  threshold: number,
): Confusion =>
  confusion(
    labels,
    Uint8Array.from(differences, (difference) => (difference > threshold ? 1 : 0)),
  );

/** The width of the panels; one model has the height of a chart, several have less each. */
export const width = 420;
export const panelHeight = (several: boolean) => (several ? 120 : 240);

/**
 * The number of images of each class; for models that differ in it, the range of their numbers of
 * images.
 */
export function countsOf(models: readonly ModelScores[]): string {
  const texts = models.map(
    ({ negative, positive, sides, unit }) =>
      `${formatCount(negative)} ${sides[0]} and ${formatCountOf(positive, `${sides[1]} ${unit}`)}`,
  );
  const counts = models.map(({ labels }) => labels.length);
  return new Set(texts).size === 1 ? texts[0]! : formatCountRange(counts, models[0]!.unit);
}
