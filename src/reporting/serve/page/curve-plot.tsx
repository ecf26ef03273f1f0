import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { toDigits } from '../../../format-numbers.ts';
import { linearTicks, logarithmicTicks, tickTexts } from '../../../learning/charts/axis-ticks.ts';
import { integerTicks } from '../../../learning/charts/integer-ticks.ts';
import type { BandPoint, CurvePanel } from '../../compare/curve-groups.ts';
import { type Box, DragBox } from './drag-box.tsx';
import type { LineLook } from './line-looks.ts';

type Points = readonly (readonly [step: number, value: number | null])[];

/** A line as it is drawn. */
export interface PlottedLine {
  readonly name: string;
  readonly look: LineLook;
  readonly points: Points;
  /** Its points before they were smoothed. */
  readonly measured: Points;
  readonly band?: readonly BandPoint[];
}

interface CurvePlotProps {
  readonly panel: CurvePanel;
  /** Of its clip path. */
  readonly id: string;
  readonly lines: readonly PlottedLine[];
  readonly isSmoothed: boolean;
  readonly isLogarithmic: boolean;
  /** The name of the line that is in front. */
  readonly front: string | undefined;
  bringToFront(name: string | undefined): void;
}

type Ends = readonly [low: number, high: number];

/** The part of a panel that is seen. */
interface Window {
  readonly x: Ends;
  readonly y: Ends;
}

const height = 240;
const margin = { left: 56, right: 12, top: 8, bottom: 40 } as const;
const innerHeight = height - margin.top - margin.bottom;
/** A pointer farther from every point than this means none, in pixels. */
const reach = 40;

/** The curves of one measure. A drag zooms in; the line nearest to the pointer is in front. */
export function CurvePlot(props: CurvePlotProps) {
  const { panel, id, lines, isSmoothed, isLogarithmic, front, bringToFront } = props;
  const [box, width] = useWidth();
  const [zoom, setZoom] = useState<Window>();
  const [pointed, setPointed] = useState<PointedAt>();
  useEffect(() => setZoom(undefined), [isLogarithmic]);
  const whole = wholeOf(lines, isLogarithmic);
  const seen = zoom ?? whole;
  const scales = scalesOf(seen, width - margin.left - margin.right, isLogarithmic);
  const drag = ({ left, right, top, bottom }: Box) => {
    const x = [scales.x.invert(left), scales.x.invert(right)] as const;
    setZoom({ x, y: [scales.y.invert(bottom), scales.y.invert(top)] });
  };
  const point = (event: PointerEvent) => {
    const plot = plotOf(event.currentTarget as HTMLElement)!;
    const at = new DOMPoint(event.clientX, event.clientY);
    const { x, y } = at.matrixTransform(plot.getScreenCTM()!.inverse());
    const nearest = nearestPoint(lines, scales, [x, y]);
    setPointed(nearest);
    if (nearest?.name !== front) bringToFront(nearest?.name);
  };
  const leave = () => {
    setPointed(undefined);
    bringToFront(undefined);
  };
  // The line in front is drawn last.
  const order = lines.toSorted((a, b) => Number(a.name === front) - Number(b.name === front));
  const { name, unit, axis } = panel;
  return (
    <figure class="card curve-plot" ref={box} aria-label={name}>
      <figcaption>
        <strong>{name}</strong>
        {zoom !== undefined && (
          <button type="button" onClick={() => setZoom(undefined)}>
            Whole range
          </button>
        )}
        <span class="pointed">
          {pointed === undefined
            ? 'Drag to zoom.'
            : `${pointed.name}: ${unit} ${pointed.step}, ${Number(toDigits(pointed.value, 4))}`}
        </span>
      </figcaption>
      <div onPointerMove={point} onPointerLeave={leave}>
        <DragBox plotOf={plotOf} drag={drag}>
          <svg width={width} height={height} role="img" aria-label={`${axis} by ${unit}`}>
            <Axes scales={scales} seen={seen} unit={unit} axis={axis} isLog={isLogarithmic} />
            <g class="plot" transform={`translate(${margin.left} ${margin.top})`}>
              <clipPath id={id}>
                <rect width={scales.width} height={innerHeight} />
              </clipPath>
              <rect class="plane" width={scales.width} height={innerHeight} />
              <g clip-path={`url(#${id})`}>
                {order.map((line) => (
                  <Line
                    key={line.name}
                    line={line}
                    scales={scales}
                    isSmoothed={isSmoothed}
                    isBehind={front !== undefined && line.name !== front}
                    isFront={line.name === front}
                  />
                ))}
                {pointed && (
                  <circle
                    class="at"
                    cx={scales.x.at(pointed.step)}
                    cy={scales.y.at(pointed.value)}
                    r="4"
                  />
                )}
              </g>
            </g>
          </svg>
        </DragBox>
      </div>
    </figure>
  );
}

const plotOf = (around: HTMLElement): SVGGraphicsElement | null =>
  around.querySelector<SVGGraphicsElement>('g.plot');

/** The width of a box, in pixels. */
function useWidth() {
  const box = useRef<HTMLElement>(null);
  const [width, setWidth] = useState(440);
  useLayoutEffect(() => {
    const watch = new ResizeObserver(() => setWidth(Math.max(240, box.current!.clientWidth)));
    watch.observe(box.current!);
    return () => watch.disconnect();
  }, []);
  return [box, width] as const;
}

interface LineProps {
  readonly line: PlottedLine;
  readonly scales: Scales;
  readonly isSmoothed: boolean;
  readonly isBehind: boolean;
  readonly isFront: boolean;
}

function Line({ line, scales, isSmoothed, isBehind, isFront }: LineProps) {
  const { name, look, points, measured, band } = line;
  const style = { stroke: look.colour };
  return (
    <g class={`line-of${isBehind ? ' behind' : ''}${isFront ? ' front' : ''}`} data-name={name}>
      {band && <path class="band" d={bandPath(band, scales)} style={{ fill: look.colour }} />}
      {isSmoothed && <path class="faint" d={pathOf(measured, scales)} style={style} />}
      <path d={pathOf(points, scales)} style={style} stroke-dasharray={look.dash} />
    </g>
  );
}

/** From values to pixels of the plot, and back. */
interface Scale {
  at(value: number): number;
  invert(pixel: number): number;
}

interface Scales {
  readonly x: Scale;
  readonly y: Scale;
  readonly width: number;
}

function scalesOf({ x, y }: Window, width: number, isLogarithmic: boolean): Scales {
  const span = x[1] - x[0] || 1;
  const scaled = isLogarithmic ? Math.log : (value: number) => value;
  const back = isLogarithmic ? Math.exp : (value: number) => value;
  const low = scaled(y[0]);
  const rise = scaled(y[1]) - low || 1;
  return {
    width,
    x: {
      at: (value) => (width * (value - x[0])) / span,
      invert: (pixel) => x[0] + (span * pixel) / width,
    },
    y: {
      at: (value) => innerHeight * (1 - (scaled(value) - low) / rise),
      invert: (pixel) => back(low + rise * (1 - pixel / innerHeight)),
    },
  };
}

/** The range of all lines with a margin; on a logarithmic axis, of their positive values. */
function wholeOf(lines: readonly PlottedLine[], isLogarithmic: boolean): Window {
  const steps: number[] = [];
  const values: number[] = [];
  for (const { measured, band } of lines)
    for (const [index, [step, value]] of measured.entries()) {
      steps.push(step);
      const ends = band === undefined ? [value] : [band[index]!.low, band[index]!.high];
      for (const end of ends) if (end !== null && (!isLogarithmic || end > 0)) values.push(end);
    }
  if (values.length === 0) return { x: [0, 1], y: isLogarithmic ? [0.1, 1] : [0, 1] };
  const least = (numbers: readonly number[]) => numbers.reduce((a, b) => Math.min(a, b));
  const most = (numbers: readonly number[]) => numbers.reduce((a, b) => Math.max(a, b));
  const low = least(values);
  const high = most(values);
  const x = [least(steps), most(steps)] as const;
  if (isLogarithmic) {
    const room = (high / low) ** 0.04;
    return { x, y: [low / Math.max(room, 1.02), high * Math.max(room, 1.02)] };
  }
  const room = 0.04 * (high - low) || 0.02 * Math.abs(high) || 1;
  return { x, y: [low - room, high + room] };
}

/** The path of a line; where there is no value, it has a gap. */
function pathOf(points: Points, { x, y }: Scales): string {
  let text = '';
  let isOn = false;
  for (const [step, value] of points) {
    const at = value === null ? Number.NaN : y.at(value);
    if (!Number.isFinite(at)) {
      isOn = false;
      continue;
    }
    text += `${isOn ? 'L' : 'M'}${x.at(step).toFixed(1)} ${at.toFixed(1)}`;
    isOn = true;
  }
  return text;
}

function bandPath(band: readonly BandPoint[], { x, y }: Scales): string {
  const floor = (value: number) => {
    const at = y.at(value);
    return (Number.isFinite(at) ? at : innerHeight).toFixed(1);
  };
  const upper = band.map(({ step, high }) => `${x.at(step).toFixed(1)} ${floor(high)}`);
  const lower = band.map(({ step, low }) => `${x.at(step).toFixed(1)} ${floor(low)}`);
  return upper.length === 0 ? '' : `M${[...upper, ...lower.toReversed()].join('L')}Z`;
}

/** The point of a line that the pointer means. */
interface PointedAt {
  readonly name: string;
  readonly step: number;
  readonly value: number;
}

function nearestPoint(
  lines: readonly PlottedLine[],
  { x, y }: Scales,
  [left, top]: readonly [number, number],
): PointedAt | undefined {
  let best: PointedAt | undefined;
  let distance = reach;
  for (const { name, points } of lines)
    for (const [step, value] of points) {
      if (value === null) continue;
      const away = Math.hypot(x.at(step) - left, y.at(value) - top);
      if (away >= distance) continue;
      distance = away;
      best = { name, step, value };
    }
  return best;
}

interface AxesProps {
  readonly scales: Scales;
  readonly seen: Window;
  readonly unit: string;
  readonly axis: string;
  readonly isLog: boolean;
}

/** Ticks, lines of the grid and titles. */
function Axes({ scales, seen, unit, axis, isLog }: AxesProps) {
  const { x, y } = scales;
  const wide = Math.max(2, Math.floor(scales.width / 70));
  const whole = integerTicks(Math.ceil(seen.x[0]), Math.floor(seen.x[1]), wide);
  const xs = whole.length > 1 ? whole : linearTicks(seen.x, wide);
  const logs = isLog ? logarithmicTicks(seen.y) : [];
  const ys = logs.length > 1 ? logs : linearTicks(seen.y, 5);
  const xTexts = tickTexts(xs);
  const yTexts = tickTexts(ys);
  return (
    <g class="axes" transform={`translate(${margin.left} ${margin.top})`}>
      {ys.map((value, index) => (
        <g key={value} transform={`translate(0 ${y.at(value)})`}>
          <line x2={scales.width} />
          <text x="-8" dy="0.32em" text-anchor="end">
            {yTexts[index]}
          </text>
        </g>
      ))}
      {xs.map((value, index) => (
        <text key={value} x={x.at(value)} y={innerHeight + 16} text-anchor="middle">
          {xTexts[index]}
        </text>
      ))}
      <text class="title" x={scales.width / 2} y={innerHeight + 34} text-anchor="middle">
        {unit[0]!.toUpperCase() + unit.slice(1)}
      </text>
      <text
        class="title"
        transform={`translate(${12 - margin.left} ${innerHeight / 2}) rotate(-90)`}
        text-anchor="middle"
      >
        {axis}
      </text>
    </g>
  );
}
