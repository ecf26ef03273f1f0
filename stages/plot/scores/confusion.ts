import type { TopLevelSpec } from 'vega-lite';
import { formatCount, formatShare } from '../../../src/format-numbers.ts';
import { withLabels } from '../../../src/learning/charts/chart-title.ts';
import { chart, type Part } from '../../../src/learning/charts/encoders.ts';
import { fitText } from '../../../src/learning/charts/fit-text.ts';
import { heatTable } from '../../../src/learning/charts/heat-table.ts';
import type { DrawForm } from '../inputs.ts';
import { countsOf, errorsAt, type ModelScores, readScores, type SplitScores } from './scores.ts';

export const draw: DrawForm = (context) => {
  const { threshold = 0, title } = context.settings;
  return confusionChart(readScores(context), { threshold, title });
};

const classes = ['real', 'fake'] as const;
const panelsAcross = 2;
/** Sizes of a cell: a single model has larger ones. */
const sizes = { one: [150, 90], several: [85, 56] } as const;

interface Options {
  readonly threshold: number;
  readonly title?: string | undefined;
}

/** The images of each class by the class they are called: counts, and their share of the row, which colours the cell. */
export function confusionChart({ models, split, shared }: SplitScores, { threshold, title }: Options): TopLevelSpec {
  const [only, ...others] = models;
  const several = others.length > 0;
  const right = several ? '' : `${formatShare(accuracyOf(only!, threshold))} called right`;
  const notes = [
    countsOf(models),
    ...(several ? [] : [calledText(only!, threshold)]),
    ...new Set(models.map(majorityText)),
    ...(threshold === 0 ? [] : [`fake is what scores above ${threshold}`]),
    'shares are of the row',
  ];
  const width = Math.max(360, Math.min(models.length, panelsAcross) * (2 * sizes[several ? 'several' : 'one'][0] + 60));
  return chart(title ?? withLabels(`Confusion on ${split}`, shared, right), notes.join('; '), width, {
    columns: panelsAcross,
    spacing: 24,
    concat: models.map((model) => panel(model, threshold, several)),
  });
}

function panel(model: ModelScores, threshold: number, several: boolean): Part {
  const size = several ? sizes.several : sizes.one;
  const { falsePositives, falseNegatives } = errorsAt(model, threshold);
  const counts = {
    real: [model.real - falsePositives, falsePositives],
    fake: [falseNegatives, model.fake - falseNegatives],
  };
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
    ...{ size, domain: [0, 1], fontSize: several ? 12 : 14 },
  });
  if (!several) return table;
  const limit = 2 * size[0] + 50;
  const title = {
    ...{ text: fitText(model.name, limit, { size: 12, weight: 'bold' }), subtitle: calledText(model, threshold) },
    ...{ fontSize: 12, subtitleFontSize: 11, anchor: 'middle', offset: 6, limit: limit + 1 },
  };
  return { title, ...table };
}

function calledText(model: ModelScores, threshold: number): string {
  const { falsePositives, falseNegatives } = errorsAt(model, threshold);
  const real = model.real - falsePositives + falseNegatives;
  return `called real ${formatCount(real)}, called fake ${formatCount(model.labels.length - real)}`;
}

function accuracyOf(model: ModelScores, threshold: number): number {
  const { falsePositives, falseNegatives } = errorsAt(model, threshold);
  return 1 - (falsePositives + falseNegatives) / model.labels.length;
}

const majorityText = ({ real, fake }: ModelScores): string =>
  `always guessing ${real >= fake ? 'real' : 'fake'} is right for ${formatShare(Math.max(real, fake) / (real + fake))}`;
