import type { TopLevelSpec } from 'vega-lite';

/** A legend for the colours of images in a chart: a bar with values beside it. */
export interface ColourBar {
  readonly title: string;
  /**
   * The values that have exactly these colours, in order; between them colours are interpolated.
   */
  readonly domain: readonly number[];
  readonly colours: readonly string[];
  /** Length of the bar, in units. */
  readonly length: number;
  /** The values to label, and their labels: a number format, or a text for each. */
  readonly values: readonly number[];
  readonly labels?: string | readonly string[];
  /** Default: at the right. */
  readonly orient?: 'right' | 'bottom';
}

type Layered = Extract<TopLevelSpec, { layer: unknown }>;

/**
 * Adds a colour bar to a layered chart. Its images have their colours already, so an invisible
 * layer carries the legend.
 */
export function withColourBar(chart: TopLevelSpec, bar: ColourBar): TopLevelSpec {
  const { title, domain, colours, length, values, labels, orient = 'right' } = bar;
  const textsOf = (labels: readonly string[]) =>
    JSON.stringify(Object.fromEntries(values.map((v, i) => [v, labels[i]])));
  const format =
    typeof labels === 'object'
      ? { labelExpr: `${textsOf(labels)}[datum.value]` }
      : { format: labels };
  const legend = { title, orient, gradientLength: length, values, ...format };
  const scale = { domain, range: colours, interpolate: 'rgb' };
  const layer = {
    data: { name: 'scale', values: [{ value: domain[0] }, { value: domain.at(-1) }] },
    mark: { type: 'point', opacity: 0, tooltip: null, aria: false },
    encoding: { color: { field: 'value', type: 'quantitative', scale, legend } },
  };
  return { ...chart, layer: [...(chart as Layered).layer, layer] } as TopLevelSpec;
}
