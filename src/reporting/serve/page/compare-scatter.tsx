import { useEffect, useRef } from 'preact/hooks';
import type { ComparisonGrid } from '../../compare/comparison-grid.ts';
import { useView } from './use-view.ts';

declare function vegaEmbed(
  element: HTMLElement,
  spec: object,
  options: object,
): Promise<{ readonly view: { finalize(): void } }>;

interface ScatterProps {
  readonly grid: ComparisonGrid;
  /** Colours and fonts. */
  readonly theme: object;
}

/** A setting against a metric, a point for each subject; another setting is the colour. */
export function Scatter({ grid, theme }: ScatterProps) {
  const { view, change } = useView('x', 'y', 'colour');
  const box = useRef<HTMLDivElement>(null);
  const names = grid.settings.map(({ name }) => name);
  const metrics = grid.metrics.map(({ name }) => name);
  const x = names.includes(view.x) ? view.x : names[0];
  const y = metrics.includes(view.y) ? view.y : metrics[0];
  useEffect(() => {
    if (x === undefined || y === undefined) return undefined;
    const spec = { config: theme, ...scatterSpec(grid, { x, y, colour: view.colour }) };
    const options = { renderer: 'svg', actions: false, ast: true };
    const drawn = vegaEmbed(box.current!, spec, options);
    return () => {
      drawn.then(({ view }) => view.finalize());
    };
  }, [x, y, view.colour]);
  if (x === undefined || y === undefined) return null;
  const choice = (label: string, name: 'x' | 'y' | 'colour', options: readonly string[]) => (
    <label>
      {label}{' '}
      <select
        value={{ x, y, colour: view.colour }[name]}
        onChange={({ currentTarget }) => change({ [name]: currentTarget.value })}
      >
        {options.map((option) => (
          <option key={option} value={option}>
            {option === '' ? 'one' : option}
          </option>
        ))}
      </select>
    </label>
  );
  return (
    <figure class="card">
      <form class="line padded" onSubmit={(event) => event.preventDefault()}>
        {choice('Setting', 'x', names)}
        {choice('Metric', 'y', metrics)}
        {choice('Colour', 'colour', ['', ...names])}
      </form>
      <div ref={box} class="drawing" role="img" aria-label={`${y} by ${x}`} />
    </figure>
  );
}

interface Encoded {
  readonly x: string;
  readonly y: string;
  /** Empty: all points have one colour. */
  readonly colour: string;
}

function scatterSpec({ labels, settings, metrics }: ComparisonGrid, { x, y, colour }: Encoded) {
  const settingOf = (name: string) => settings.find((column) => column.name === name)!.values;
  const metric = metrics.find(({ name }) => name === y)!;
  const values = labels.map((label, i) => ({
    label,
    x: settingOf(x)[i],
    y: metric.values[i],
    low: metric.ends[i]?.[0],
    high: metric.ends[i]?.[1],
    ...(colour !== '' && { colour: String(settingOf(colour)[i] ?? '–') }),
  }));
  const xs = values.map((value) => value.x);
  const isNumeric = xs.every((value) => typeof value === 'number');
  const isWide = isNumeric && Math.min(...(xs as number[])) > 0 && spreadOf(xs as number[]) >= 10;
  const tooltip = [
    { field: 'label', title: 'of' },
    { field: 'x', title: x },
    { field: 'y', title: y, format: '.4f' },
  ];
  const encoding = {
    x: {
      field: 'x',
      title: x,
      type: isNumeric ? 'quantitative' : 'nominal',
      ...(isNumeric && {
        scale: isWide ? { type: 'log', nice: true } : { zero: false, nice: true },
      }),
    },
    y: { field: 'y', title: y, type: 'quantitative', scale: { zero: false } },
    ...(colour !== '' && { color: { field: 'colour', title: colour, type: 'nominal' } }),
    tooltip,
  };
  const y2 = { y: { field: 'low', type: 'quantitative', title: y }, y2: { field: 'high' } };
  const intervals = { mark: { type: 'rule', opacity: 0.4 }, encoding: { ...encoding, ...y2 } };
  const hasIntervals = metric.ends.some((end) => end != null);
  return {
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    data: { values },
    width: 560,
    height: 280,
    layer: [
      ...(hasIntervals ? [intervals] : []),
      { mark: { type: 'point', filled: true, size: 70 }, encoding },
    ],
  };
}

const spreadOf = (values: readonly number[]): number => Math.max(...values) / Math.min(...values);
