import type { TopLevelSpec } from 'vega-lite';
import { formatCount, formatShare } from '../../../src/format-numbers.ts';
import { withLabels } from '../../../src/learning/charts/chart-title.ts';
import { chart, type Part } from '../../../src/learning/charts/encoders.ts';
import { fitText } from '../../../src/learning/charts/fit-text.ts';
import { heatTable } from '../../../src/learning/charts/heat-table.ts';
import { unitOf } from '../../../src/learning/metrics/scores/aggregate-videos.ts';
import {
  judgedTable,
  readScoreTable,
  rowsOfSplit,
} from '../../../src/learning/metrics/scores/read-split-scores.ts';
import { describeInput } from '../../../src/read-input.ts';
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
 * Draws all classes of a single model that has more than two and no positive ones; otherwise both
 * sides of a detector.
 */
export const draw: DrawForm = (context) => {
  const { settings } = context;
  const [item] = context.inputs('scores');
  const what = describeInput('scores', item!.labels);
  const table = readScoreTable(item!.path, what, settings);
  const { split = 'test', positive, title } = settings;
  if (table.classes.length === 2 || positive !== undefined)
    return drawScores(confusionChart)(context);
  onlyInput(context, 'scores', 'confusion of more than two classes');
  const rows = rowsOfSplit(table.rows, split, what);
  return classConfusionChart(
    judgedTable(table, [split], what, settings),
    { split, unit: unitOf(rows, settings.by) },
    (name, number) => title ?? withLabels(name, item!.labels, number),
  );
};

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
