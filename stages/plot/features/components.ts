import type { TopLevelSpec } from 'vega-lite';
import { formatCount, formatCountOf, formatShare } from '../../../src/format-numbers.ts';
import { withLabels } from '../../../src/learning/charts/chart-title.ts';
import { chart, quantity } from '../../../src/learning/charts/encoders.ts';
import { coloursOf } from '../../../src/learning/charts/theme.ts';
import { principalComponents } from '../../../src/learning/metrics/multivariate/principal-components.ts';
import { selectionSplit } from '../../../src/learning/training/splits.ts';
import { openFeatures } from '../../../src/learning/vision/features/features.ts';
import { StageError } from '../../../src/stage.ts';
import { type DrawForm, onlyInput } from '../forms/draw-form.ts';

export const draw: DrawForm = (context) => {
  const { title, split = selectionSplit } = context.settings;
  const { path, labels } = onlyInput(context, 'features', 'components');
  const { classes, values, ...opened } = openFeatures(path);
  const { samples, features } = opened.split(split);
  if (samples.length === 0)
    throw new StageError(`Expected images in the split "${split}", got none.`);
  const { coordinates, shares } = principalComponents(features, values);
  // What can be seen, in a file of half the size.
  const rounded = (value: number) => Number(value.toPrecision(6));
  const points = samples.map(({ key, class: name }, i) => ({
    key,
    class: name,
    first: rounded(coordinates[2 * i]!),
    second: rounded(coordinates[2 * i + 1]!),
  }));
  return componentsChart(
    { classes, values, points, shares },
    title ?? withLabels(`Features of ${split} by two principal components`, labels),
  );
};

/**
 * Features of `values` numbers by their two principal components, whose `shares` of the total
 * variance are 0 to 1.
 */
interface FeaturesPlane {
  /** In label order. */
  readonly classes: readonly string[];
  readonly points: readonly (Record<'key' | 'class', string> &
    Record<'first' | 'second', number>)[];
  readonly values: number;
  readonly shares: readonly number[];
}

const side = 420;

/** More classes fill the page with their legend; the tooltip of a point names its own. */
const mostNamed = 24;

/** Beyond this many points they cover each other, and are drawn thinner. */
const mostSolid = 400;

/**
 * A point for each image, its class by colour and shape, so that a print in grey can be read too.
 */
export function componentsChart(
  { points, values, classes, shares }: FeaturesPlane,
  title: string,
): TopLevelSpec {
  const isLegible = classes.length <= mostNamed;
  const count = formatCountOf(points.length, 'image');
  const named = isLegible ? '' : `; ${classes.length} classes, whose colours repeat`;
  const subtitle = `${count} by the two principal components of ${formatCount(values)} values${named}`;
  const axis = (field: string, name: string, share = 0) =>
    quantity(field, `${name} component, ${formatShare(share)} of the variance`, {
      scale: { nice: 6 },
      tickCount: 6,
    });
  const by = {
    field: 'class',
    type: 'nominal',
    title: 'Class',
    ...(isLegible ? {} : { legend: null }),
  };
  return chart(title, subtitle, side, {
    data: { name: 'features', values: points },
    width: side,
    height: side,
    mark: { type: 'point', filled: true, size: 36, opacity: points.length > mostSolid ? 0.4 : 0.8 },
    encoding: {
      x: axis('first', 'First', shares[0]),
      y: axis('second', 'Second', shares[1]),
      color: { ...by, scale: { domain: classes, range: coloursOf(classes) } },
      shape: { ...by, scale: { domain: classes } },
      tooltip: [
        { field: 'key', type: 'nominal', title: 'Image' },
        { field: 'class', type: 'nominal', title: 'Class' },
      ],
    },
  });
}
