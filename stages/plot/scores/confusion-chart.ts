import type { TopLevelSpec } from 'vega-lite';
import { formatCount, formatShare } from '../../../src/format-numbers.ts';
import { chartTitle, withLabels } from '../../../src/learning/charts/chart-title.ts';
import { fitText } from '../../../src/learning/charts/fit-text.ts';
import { errorsAt, type ModelScores, type SplitScores } from './read-scores.ts';
import { countsOf, leadersOf } from './scores-panels.ts';

type Panel = Extract<TopLevelSpec, { concat: unknown }>['concat'][number];

const classes = ['real', 'fake'] as const;
const panelsAcross = 2;
const spacing = 24;
/** Of a cell; a model alone has larger ones. */
const sizes = { one: [150, 90], several: [85, 56] } as const;

interface Options {
  readonly threshold: number;
  readonly title?: string | undefined;
}

/** What the images of each class are called: counts, and their share of the row, which colours the cell. */
export function confusionChart(scores: SplitScores, { threshold, title }: Options): TopLevelSpec {
  const { models, shared } = scores;
  const several = models.length > 1;
  const [width] = several ? sizes.several : sizes.one;
  const [only] = models;
  const called =
    only === undefined || several
      ? ''
      : `; called real ${formatCount(calledReal(only, threshold))}, called fake ${formatCount(only.labels.length - calledReal(only, threshold))}`;
  return {
    title: chartTitle(
      title ?? withLabels(finding(scores, threshold), shared),
      `${countsOf(models)}${called}${threshold === 0 ? '' : `; fake is what scores above ${threshold}`}; in each cell images and their share of the row`,
      Math.max(360, Math.min(models.length, panelsAcross) * (2 * width + 60)),
    ),
    columns: panelsAcross,
    spacing,
    concat: models.map((model) => panel(model, threshold, several)),
  };
}

function panel(model: ModelScores, threshold: number, several: boolean): Panel {
  const [width, height] = several ? sizes.several : sizes.one;
  const { falsePositives, falseNegatives } = errorsAt(model, threshold);
  const counts = {
    real: [model.real - falsePositives, falsePositives],
    fake: [falseNegatives, model.fake - falseNegatives],
  };
  const values = classes.flatMap((is) =>
    classes.map((called, index) => {
      const images = counts[is][index]!;
      const share = images / model[is];
      return {
        label: is,
        called,
        images,
        share: Number(share.toPrecision(6)),
        text: `${formatCount(images)}\n${formatShare(share)}`,
      };
    }),
  );
  const axis = { domain: false, ticks: false, labelAngle: 0, grid: false };
  const scale = { domain: [...classes], paddingInner: 0.03, paddingOuter: 0 };
  const x = {
    field: 'called',
    type: 'nominal' as const,
    title: 'Called',
    scale,
    axis: { ...axis, orient: 'top' as const },
  };
  const y = { field: 'label', type: 'nominal' as const, title: 'Label', scale, axis };
  return {
    ...(several && {
      title: panelTitle(model, threshold, 2 * width + 50),
    }),
    data: { values },
    width: 2 * width,
    height: 2 * height,
    layer: [
      {
        mark: { type: 'rect' },
        encoding: {
          ...{ x, y },
          color: { field: 'share', type: 'quantitative', scale: { domain: [0, 1], scheme: 'blues' }, legend: null },
        },
      },
      {
        mark: {
          type: 'text',
          lineBreak: '\n',
          fontSize: several ? 12 : 14,
          lineHeight: several ? 15 : 19,
          baseline: 'middle',
          dy: several ? -7.5 : -9.5,
        },
        encoding: {
          ...{ x, y },
          text: { field: 'text', type: 'nominal' },
          color: { condition: { test: 'datum.share > 0.55', value: '#ffffff' }, value: '#222222' },
        },
      },
    ],
  };
}

/** The model, and how many images it calls what. */
function panelTitle(model: ModelScores, threshold: number, limit: number) {
  const real = calledReal(model, threshold);
  const subtitle = `called real ${formatCount(real)}, called fake ${formatCount(model.labels.length - real)}`;
  return {
    text: fitText(model.name, limit, { size: 12, weight: 'bold' }),
    subtitle,
    fontSize: 12,
    subtitleFontSize: 11,
    anchor: 'middle' as const,
    offset: 6,
    limit: limit + 1,
  };
}

function calledReal(model: ModelScores, threshold: number): number {
  const { falsePositives, falseNegatives } = errorsAt(model, threshold);
  return model.real - falsePositives + falseNegatives;
}

/** How many are called right, beside what the larger class alone would give. */
function finding({ models, split }: SplitScores, threshold: number): string {
  const accuracyOf = (model: ModelScores) => {
    const { falsePositives, falseNegatives } = errorsAt(model, threshold);
    return 1 - (falsePositives + falseNegatives) / model.labels.length;
  };
  const { best, names } = leadersOf(models, (model) => -accuracyOf(model));
  const larger = best.real >= best.fake ? 'real' : 'fake';
  const baseline = `always guessing ${larger} is right for ${formatShare(best[larger] / best.labels.length)}`;
  const called = calledReal(best, threshold);
  if (models.length > 1)
    return `Most of ${split} called right: ${names}, ${formatShare(accuracyOf(best))}; ${baseline}`;
  if (called === 0 || called === best.labels.length)
    return `Every image of ${split} is called ${called === 0 ? 'fake' : 'real'}`;
  return `${formatShare(accuracyOf(best))} of ${split} are called right; ${baseline}`;
}
