import { isDeepStrictEqual } from 'node:util';
import type { TopLevelSpec } from 'vega-lite';
import { formatCount, formatList, formatShare } from '../../../src/format-numbers.ts';
import { withLabels } from '../../../src/learning/charts/chart-title.ts';
import { chart, type Part } from '../../../src/learning/charts/encoders.ts';
import { fitText } from '../../../src/learning/charts/fit-text.ts';
import { heatTable } from '../../../src/learning/charts/heat-table.ts';
import { groupOver, type LabelledGroup } from '../../../src/learning/charts/series.ts';
import { unitOf } from '../../../src/learning/metrics/scores/aggregate-videos.ts';
import {
  judgedTable,
  readScoreTable,
  rowsOfSplit,
} from '../../../src/learning/metrics/scores/read-split-scores.ts';
import type { ScoreTable } from '../../../src/learning/metrics/scores/scores-file.ts';
import { describeInput } from '../../../src/read-input.ts';
import { type InputArtifact, StageError } from '../../../src/stage.ts';
import { type DrawForm, onlyInput } from '../forms/draw-form.ts';
import { classConfusionChart } from './class-confusion.ts';
import { countTooltip } from './count-tooltip.ts';
import {
  confusionAbove,
  countsOf,
  drawScores,
  type ModelScores,
  type SplitScores,
  type ThresholdOptions,
} from './draw-scores.ts';

const panelsAcross = 2;
/** Sizes of a cell: a single model has larger ones. */
const sizes = { one: [150, 90], several: [85, 56] } as const;

/**
 * The images of each class by the class they are called: counts, and their share of the row, which
 * colours the cell.
 */
export function confusionChart(
  { models, split, shared }: SplitScores,
  { threshold, title }: ThresholdOptions,
): TopLevelSpec {
  const called = models.map((model) => calledOf(model, threshold));
  const several = models.length > 1;
  const [{ counts, text }] = called as [Called];
  const right = (counts[0][0] + counts[1][1]) / models[0]!.labels.length;
  const notes = [
    countsOf(models),
    ...(several ? [] : [text]),
    ...new Set(models.map(majorityText)),
    ...(threshold === 0 ? [] : [`${models[0]!.sides[1]} is what scores above ${threshold}`]),
    'shares are of the row',
  ];
  const width = Math.max(
    360,
    Math.min(models.length, panelsAcross) * (2 * sizes[several ? 'several' : 'one'][0] + 60),
  );
  const number = several ? '' : `${formatShare(right)} called right`;
  return chart(
    title ?? withLabels(`Confusion on ${split}`, shared, number),
    notes.join('; '),
    width,
    {
      columns: panelsAcross,
      spacing: 24,
      concat: called.map((matrix, index) => panel(matrix, index, several)),
    },
  );
}

/**
 * Draws all classes of a single model that has more than two and no positive ones, or of its runs
 * `over` axes; otherwise both sides of a detector.
 */
export const draw: DrawForm = (context) => {
  const { settings } = context;
  const items = context.inputs('scores');
  const { split = 'test', over, positive, title } = settings;
  const [first, ...others] = items.map(({ path, labels }) => {
    const what = describeInput('scores', labels);
    return { what, table: readScoreTable(path, what, settings) };
  }) as [NamedTable, ...NamedTable[]];
  const hasSides = first.table.classes.length === 2 || positive !== undefined;
  if (over === undefined && hasSides) return drawScores(confusionChart)(context);
  if (over === undefined) onlyInput(context, 'scores', 'confusion of more than two classes');
  const [{ labels }, ...models] = groupOver(items, over ?? []) as [LabelledGroup<InputArtifact>];
  if (models.length > 0) {
    const axes = formatList(Object.keys(labels));
    throw new StageError(
      `The chart "confusion" draws one model, got ${1 + models.length}, which differ by ${axes}: select one, or name these axes by "over" too.`,
    );
  }
  const other = others.find(({ table }) => !isDeepStrictEqual(table.classes, first.table.classes));
  if (other !== undefined)
    throw new StageError(`Expected the same classes in ${first.what} and ${other.what}`);
  const rows = rowsOfSplit(first.table.rows, split, first.what);
  const judged = ({ table, what }: NamedTable) => judgedTable(table, [split], what, settings);
  return classConfusionChart(
    [judged(first), ...others.map(judged)],
    { split, unit: unitOf(rows, settings.by), over: over ?? [] },
    (name, number) => title ?? withLabels(name, labels, number),
  );
};

/** The scores of an item, and how messages name it. */
interface NamedTable {
  readonly what: string;
  readonly table: ScoreTable;
}

type Called = ReturnType<typeof calledOf>;

/** The images of each class by what they are called. */
function calledOf(model: ModelScores, threshold: number) {
  const { trueNegatives, falsePositives, falseNegatives, truePositives } = confusionAbove(
    model,
    threshold,
  );
  const counts = [
    [trueNegatives, falsePositives],
    [falseNegatives, truePositives],
  ] as const;
  const called = model.sides.map(
    (name, column) => `called ${name} ${formatCount(counts[0][column]! + counts[1][column]!)}`,
  );
  return { ...model, counts, text: called.join(', ') };
}

function panel(
  { counts, text, sides: classes, unit, ...model }: Called,
  index: number,
  several: boolean,
): Part {
  const size = several ? sizes.several : sizes.one;
  const cells = classes.flatMap((row, label) =>
    classes.map((column, index) => {
      const images = counts[label]![index]!;
      const value = Number((images / [model.negative, model.positive][label]!).toPrecision(6));
      return { row, column, images, value, text: `${formatCount(images)}\n${formatShare(value)}` };
    }),
  );
  const table = heatTable(cells, {
    rows: { title: 'Label', names: classes },
    columns: { title: 'Called', names: classes, orient: 'top' },
    size,
    domain: [0, 1],
    fontSize: several ? 12 : 14,
    ...(several && { dataName: `cells-${index}` }),
    tooltip: countTooltip(unit),
  });
  if (!several) return table;
  const limit = 2 * size[0] + 50;
  const title = {
    text: fitText(model.name, limit, { size: 12, weight: 'bold' }),
    subtitle: text,
    fontSize: 12,
    subtitleFontSize: 11,
    anchor: 'middle',
    offset: 6,
    limit: limit + 1,
  };
  return { title, ...table };
}

const majorityText = ({ negative, positive, sides }: ModelScores): string =>
  `always guessing ${sides[negative >= positive ? 0 : 1]} is right for ${formatShare(Math.max(negative, positive) / (negative + positive))}`;
