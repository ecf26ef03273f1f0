import type { TopLevelSpec } from 'vega-lite';
import { formatCount, formatShare } from '../../../src/format-numbers.ts';
import { chartTitle } from '../../../src/learning/charts/chart-title.ts';
import { classColours, palette } from '../../../src/learning/charts/theme.ts';

/** A split's features by their two principal components. */
export interface FeaturesPlane {
  readonly split: string;
  /** In label order. */
  readonly classes: readonly string[];
  readonly points: readonly {
    readonly key: string;
    readonly class: string;
    readonly first: number;
    readonly second: number;
  }[];
  /** Values of each image, before. */
  readonly values: number;
  /** Of the two components, in the total variance, 0 to 1. */
  readonly shares: readonly number[];
}

const side = 420;

/** Beyond this many points they cover each other, and are drawn thinner. */
const mostSolid = 400;

export function componentsTitle({ split, shares }: Pick<FeaturesPlane, 'split' | 'shares'>): string {
  const both = shares.slice(0, 2).reduce((sum, share) => sum + share, 0);
  return `Two components hold ${formatShare(both)} of the variance of the features of ${split}`;
}

/** A point for each image, its class by colour and shape, so that a print in grey can be read too. */
export function componentsChart(plane: FeaturesPlane, title = componentsTitle(plane)): TopLevelSpec {
  const { points, values, classes, shares } = plane;
  const subtitle = `${formatCount(points.length)} images by the two principal components of ${formatCount(values)} values`;
  const axis = (field: 'first' | 'second', share: number | undefined) => ({
    field,
    type: 'quantitative' as const,
    title: `${field === 'first' ? 'First' : 'Second'} component, ${formatShare(share ?? 0)} of the variance`,
    scale: { zero: false, nice: 6 },
    axis: { tickCount: 6 },
  });
  const scale = { field: 'class', type: 'nominal' as const, title: 'Class', scale: { domain: [...classes] } };
  return {
    title: chartTitle(title, subtitle, side),
    data: { name: 'features', values: [...points] },
    width: side,
    height: side,
    mark: { type: 'point', filled: true, size: 36, opacity: points.length > mostSolid ? 0.4 : 0.8 },
    encoding: {
      x: axis('first', shares[0]),
      y: axis('second', shares[1]),
      color: {
        ...scale,
        scale: { ...scale.scale, range: [...(classes.length === 2 ? classColours : palette.slice(0, classes.length))] },
      },
      shape: scale,
      tooltip: [{ field: 'key' }, { field: 'class' }],
    },
  };
}
