import type { TopLevelSpec } from 'vega-lite';
import { formatCount, formatShare } from '../../../src/format-numbers.ts';
import { withLabels } from '../../../src/learning/charts/chart-title.ts';
import { chart, type Part } from '../../../src/learning/charts/encoders.ts';
import { fitText } from '../../../src/learning/charts/fit-text.ts';
import { heatTable } from '../../../src/learning/charts/heat-table.ts';
import { countsOf, drawScores, errorsAt, type ModelScores, type ScoresOptions, type SplitScores } from './scores.ts';

const classes = ['real', 'fake'] as const;
const panelsAcross = 2;
/** Sizes of a cell: a single model has larger ones. */
const sizes = { one: [150, 90], several: [85, 56] } as const;

/** The images of each class by the class they are called: counts, and their share of the row, which colours the cell. */
export function confusionChart(
  { models, split, shared }: SplitScores,
  { threshold, title }: Pick<ScoresOptions, 'threshold' | 'title'>,
): TopLevelSpec {
  const called = models.map((model) => calledOf(model, threshold));
  const several = models.length > 1;
  const [{ counts, text }] = called as [Called];
  const right = (counts.real[0] + counts.fake[1]) / models[0]!.labels.length;
  const notes = [
    countsOf(models),
    ...(several ? [] : [text]),
    ...new Set(models.map(majorityText)),
    ...(threshold === 0 ? [] : [`fake is what scores above ${threshold}`]),
    'shares are of the row',
  ];
  const width = Math.max(360, Math.min(models.length, panelsAcross) * (2 * sizes[several ? 'several' : 'one'][0] + 60));
  const number = several ? '' : `${formatShare(right)} called right`;
  return chart(title ?? withLabels(`Confusion on ${split}`, shared, number), notes.join('; '), width, {
    columns: panelsAcross,
    spacing: 24,
    concat: called.map((one, index) => panel(one, index, several)),
  });
}

export const draw = drawScores(confusionChart);

type Called = ReturnType<typeof calledOf>;

/** The images of each class by what they are called: real, fake. */
function calledOf(model: ModelScores, threshold: number) {
  const { falsePositives, falseNegatives } = errorsAt(model, threshold);
  const counts = {
    real: [model.real - falsePositives, falsePositives],
    fake: [falseNegatives, model.fake - falseNegatives],
  } as const;
  const [real, fake] = [0, 1].map((column) => formatCount(counts.real[column]! + counts.fake[column]!));
  return { ...model, counts, text: `called real ${real}, called fake ${fake}` };
}

function panel({ counts, text, ...model }: Called, index: number, several: boolean): Part {
  const size = several ? sizes.several : sizes.one;
  const cells = classes.flatMap((row) =>
    classes.map((column, index) => {
      const images = counts[row][index]!;
      const value = Number((images / model[row]).toPrecision(6));
      return { row, column, images, value, text: `${formatCount(images)}\n${formatShare(value)}` };
    }),
  );
  const table = heatTable(cells, {
    rows: { title: 'Label', names: classes },
    columns: { title: 'Called', names: classes, orient: 'top' },
    ...{ size, domain: [0, 1], fontSize: several ? 12 : 14, ...(several && { dataName: `cells-${index}` }) },
  });
  if (!several) return table;
  const limit = 2 * size[0] + 50;
  const title = {
    ...{ text: fitText(model.name, limit, { size: 12, weight: 'bold' }), subtitle: text },
    ...{ fontSize: 12, subtitleFontSize: 11, anchor: 'middle', offset: 6, limit: limit + 1 },
  };
  return { title, ...table };
}

const majorityText = ({ real, fake }: ModelScores): string =>
  `always guessing ${real >= fake ? 'real' : 'fake'} is right for ${formatShare(Math.max(real, fake) / (real + fake))}`;
