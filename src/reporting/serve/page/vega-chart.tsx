import { useEffect, useRef } from 'preact/hooks';

declare function vegaEmbed(
  element: HTMLElement,
  spec: object,
  options: object,
): Promise<{ readonly view: VegaView }>;

/** A scale of a drawn chart: positions of values, and of a scale of numbers the way back. */
export interface VegaScale {
  (value: number | string): number;
  domain(): readonly (number | string)[];
  readonly invert?: (position: number) => number;
}

/** A chart that Vega has drawn. */
export interface VegaView {
  scale(name: string): VegaScale;
  finalize(): void;
}

interface VegaChartProps {
  readonly spec: object;
  readonly label: string;
  drawn?(view: VegaView): void;
}

/** A chart, drawn anew whenever its spec changes. */
export function VegaChart({ spec, label, drawn }: VegaChartProps) {
  const box = useRef<HTMLDivElement>(null);
  const text = JSON.stringify(spec);
  useEffect(() => {
    const $schema = 'https://vega.github.io/schema/vega-lite/v6.json';
    const options = { renderer: 'svg', actions: false, ast: true };
    const embedded = vegaEmbed(box.current!, { $schema, ...spec }, options);
    embedded.then(({ view }) => drawn?.(view));
    return () => {
      embedded.then(({ view }) => view.finalize());
    };
  }, [text]);
  return (
    <div
      class="drawing plain"
      role="img"
      aria-label={label}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard
      tabIndex={0}
    >
      {/* It has a label as a whole: Vega gives parts of it roles without one. */}
      <div ref={box} aria-hidden="true" />
    </div>
  );
}

/** The element whose units are those of the chart, from the upper left corner of its plot. */
export const plotOf = (around: HTMLElement): SVGGraphicsElement | null =>
  around.querySelector<SVGGraphicsElement>('svg.marks g.root');
