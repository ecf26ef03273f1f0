import { useRef } from 'preact/hooks';
import type { ComparisonGrid } from '../../compare/comparison-grid.ts';
import { Choice } from './choice.tsx';
import { type Box, DragBox } from './drag-box.tsx';
import type { Range, SettingsView } from './settings-view.ts';
import { useView } from './use-view.ts';
import { plotOf, VegaChart, type VegaScale, type VegaView } from './vega-chart.tsx';

/**
 * A point for each subject: a setting against a metric, or two settings with the metric as colour.
 */
export function Scatter({ grid, theme, shown, brush }: SettingsView) {
  const { view, change } = useView('x', 'y', 'colour');
  const drawn = useRef<VegaView | undefined>(undefined);
  const settings = grid.settings.map(({ name }) => name);
  const metrics = grid.metrics.map(({ name }) => name);
  const all = [...metrics, ...settings];
  const x = settings.includes(view.x) ? view.x : settings[0]!;
  const y = all.includes(view.y) ? view.y : metrics[0]!;
  const asked = all.includes(view.colour) ? view.colour : '';
  const colour = asked === '' && settings.includes(y) ? metrics[0]! : asked;
  const drag = ({ left, right, top, bottom }: Box) => {
    if (drawn.current === undefined) return;
    brush([
      rangeOn(drawn.current.scale('x'), x, [left, right]),
      rangeOn(drawn.current.scale('y'), y, [bottom, top]),
    ]);
  };
  return (
    <>
      <form class="line padded" onSubmit={(event) => event.preventDefault()}>
        <Choice label="Across" value={x} options={settings} choose={(x) => change({ x })} />
        <Choice label="Up" value={y} options={all} choose={(y) => change({ y })} />
        <Choice
          label="Colour"
          value={colour}
          options={['', ...all]}
          titles={{ '': 'one' }}
          choose={(colour) => change({ colour })}
        />
      </form>
      <DragBox plotOf={plotOf} drag={drag}>
        <VegaChart
          spec={{ config: theme, ...scatterSpec(grid, { x, y, colour, shown }) }}
          label={`${y} by ${x}`}
          drawn={(view) => {
            drawn.current = view;
          }}
        />
      </DragBox>
      <figcaption>Drag over points to filter the table.</figcaption>
    </>
  );
}

/** The values of a column between two positions. */
function rangeOn(scale: VegaScale, name: string, [from, to]: readonly [number, number]): Range {
  if (scale.invert !== undefined) {
    const ends = [scale.invert(from), scale.invert(to)] as const;
    return { name, low: Math.min(...ends), high: Math.max(...ends) };
  }
  const isInside = (at: number) => at >= Math.min(from, to) && at <= Math.max(from, to);
  const values = scale.domain().filter((value) => isInside(scale(value)));
  return { name, values: values.map(String) };
}

interface Encoded {
  readonly x: string;
  readonly y: string;
  /** Empty: all points have one colour. */
  readonly colour: string;
  readonly shown: ReadonlySet<number>;
}

function scatterSpec(grid: ComparisonGrid, { x, y, colour, shown }: Encoded) {
  const metric = grid.metrics.find(({ name }) => name === y);
  const xs = valuesOf(grid, x);
  const ys = valuesOf(grid, y);
  const colours = colour === '' ? undefined : valuesOf(grid, colour);
  const values = grid.labels.map((label, i) => ({
    label,
    x: xs[i],
    y: ys[i],
    low: metric?.ends[i]?.[0],
    high: metric?.ends[i]?.[1],
    isShown: shown.has(i),
    ...(colours && { colour: areNumbers(colours) ? colours[i] : String(colours[i] ?? '–') }),
  }));
  const opacity = { condition: { test: 'datum.isShown', value: 0.9 }, value: 0.12 };
  const encoding = {
    x: { field: 'x', title: x, ...axisOf(xs) },
    y: { field: 'y', title: y, ...(metric ? linear : axisOf(ys)) },
    ...(colours && { color: { field: 'colour', title: colour, ...colourOf(colours) } }),
    opacity,
    tooltip: [
      { field: 'label', title: 'name' },
      { field: 'x', title: x },
      { field: 'y', title: y, ...(metric && { format: '.4f' }) },
      ...(colours ? [{ field: 'colour', title: colour }] : []),
    ],
  };
  const y2 = { y: { field: 'low', type: 'quantitative', title: y }, y2: { field: 'high' } };
  const faint = { condition: { test: 'datum.isShown', value: 0.4 }, value: 0.06 };
  const intervals = { mark: 'rule', encoding: { ...encoding, ...y2, opacity: faint } };
  const hasIntervals = metric?.ends.some((end) => end != null) === true;
  return {
    data: { values },
    width: 560,
    height: 280,
    layer: [
      ...(hasIntervals ? [intervals] : []),
      { mark: { type: 'point', filled: true, size: 70 }, encoding },
    ],
  };
}

type Values = readonly (number | string | null)[];

const valuesOf = ({ settings, metrics }: ComparisonGrid, name: string): Values =>
  [...metrics, ...settings].find((column) => column.name === name)!.values;

const areNumbers = (values: Values): values is readonly (number | null)[] =>
  values.every((value) => value === null || typeof value === 'number');

const linear = { type: 'quantitative', scale: { zero: false, nice: true } };

/** A logarithmic axis where positive numbers span a power of ten; one of names where some are. */
function axisOf(values: Values): object {
  if (!areNumbers(values)) return { type: 'nominal' };
  const known = values.filter((value) => value !== null);
  const least = Math.min(...known);
  const isWide = least > 0 && Math.max(...known) / least >= 10;
  const axis = ticksAt(known);
  return isWide
    ? { type: 'quantitative', scale: { type: 'log', nice: true }, ...axis }
    : { ...linear, ...axis };
}

/** More values than this are a scale; of fewer each has a tick. */
const mostTicks = 8;

function ticksAt(known: readonly number[]): object {
  const values = [...new Set(known)].sort((a, b) => a - b);
  return values.length > mostTicks ? {} : { axis: { values, format: '~g' } };
}

/** Few numbers are told apart like names; of many the order is what counts. */
function colourOf(values: Values): object {
  const mostNamed = 5;
  const isScale = areNumbers(values) && new Set(values).size > mostNamed;
  return isScale ? { type: 'quantitative', scale: { scheme: 'viridis' } } : { type: 'nominal' };
}
