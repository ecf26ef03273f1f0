import type { TopLevelSpec } from 'vega-lite';

/** Says what the colours of images in a chart mean: a bar of them, with values beside it. */
export interface ColourBar {
  readonly title: string;
  /** Colours of these values, in order, and between them what lies between. */
  readonly domain: readonly number[];
  readonly colours: readonly string[];
  /** Of the bar, in units. */
  readonly length: number;
  /** The values that are written, and how: a number format, or the words for each. */
  readonly values: readonly number[];
  readonly labels?: string | readonly string[];
  /** Default: at the right. */
  readonly orient?: 'right' | 'bottom';
}

type Layered = Extract<TopLevelSpec, { layer: unknown }>;

/** A layered chart with a colour bar. The images in it have their colours already, so the bar is the legend of nothing. */
export function withColourBar(chart: TopLevelSpec, bar: ColourBar): TopLevelSpec {
  const { title, domain, colours, length, values, labels, orient = 'right' } = bar;
  const written =
    typeof labels === 'string' ? { format: labels } : labels ? { labelExpr: labelOf(values, labels) } : {};
  const layer = {
    data: { name: 'scale', values: [{ value: domain[0] }, { value: domain.at(-1) }] },
    mark: { type: 'point', opacity: 0, tooltip: null, aria: false },
    encoding: {
      color: {
        field: 'value',
        type: 'quantitative',
        scale: { domain: [...domain], range: [...colours], interpolate: 'rgb' },
        legend: { title, orient, gradientLength: length, values: [...values], ...written },
      },
    },
  };
  return { ...chart, layer: [...(chart as Layered).layer, layer] } as TopLevelSpec;
}

/** A Vega expression: of each value its words. */
function labelOf(values: readonly number[], labels: readonly string[]): string {
  return values.reduceRight(
    (rest, value, i) => `datum.value === ${value} ? ${JSON.stringify(labels[i])} : ${rest}`,
    '""',
  );
}
