import { ONNX_TYPE, sizeOf } from '../dtype.ts';
import type { GraphBuilder } from '../lowering/graph-builder.ts';
import { attributesOf, either, type Windows } from './pooling.ts';

/**
 * The gradient of a max-pooling by its image: each pooled gradient goes to the element that was its window's maximum.
 *
 * A window's maximum is the maximum of its rows' maxima, so the gradient goes to a row first and along it afterwards,
 * and the first of equal maxima in reading order is the first of its row in the first row that has it. Along one axis
 * it is comparisons of shifted arrays, which are vectorised and run on all threads; ONNX Runtime's pooling with indices
 * is not the one, its ScatterElements not the other. The planes go through in blocks that fit into the processor's
 * cache (bench/backend/README.md has the measurements).
 *
 * Where windows do not overlap, every element gets at most one gradient, and pooling with indices and its inverse are
 * the faster.
 */
export interface MaxPoolGradient {
  /** The image's planes, `[…, …spatial]`; their maxima and the gradient of these, `[…, …pooled]`. */
  readonly x: string;
  readonly y: string;
  readonly dy: string;
  readonly planes: number;
  readonly spatial: readonly number[];
  readonly pooled: readonly number[];
  readonly windows: Windows;
  /** Which of equal maxima gets the gradient. tfjs: the first in images, the last in volumes. */
  readonly winner: 'first' | 'last';
}

/** Elements of a block: with its dozen intermediate results it fits into a few MiB of cache. */
const BLOCK = 1 << 18;
/** Blocks smaller than this cost more for being many than they save. */
const SMALLEST_BLOCK = 1 << 14;

/**
 * Writes the gradient, `[planes, …spatial]`.
 *
 * @param finite a bool of the graph; where it is false, there may be NaN or infinities in `x` or `dy`
 */
export function maxPoolGradient(graph: GraphBuilder, task: MaxPoolGradient, finite: string): string {
  return either(graph, finite, [task.planes, ...task.spatial], {
    holds: (own) => quickly(own, task),
    fails: (own) => route(own, task, { careful: true }),
  });
}

function quickly(graph: GraphBuilder, task: MaxPoolGradient): string {
  return areDisjoint(task) ? unpooled(graph, task) : inBlocks(graph, task);
}

/** MaxUnpool knows images of two axes only, and no padding; and the first of equal maxima wins in MaxPool. */
function areDisjoint({ spatial, windows: { window, strides, pads }, winner }: MaxPoolGradient): boolean {
  const apart = window.every((length, axis) => length <= strides[axis]!) && pads.every((pad) => pad === 0);
  return apart && winner === 'first' && spatial.length === 2;
}

function unpooled(graph: GraphBuilder, { x, dy, planes, spatial, pooled, windows }: MaxPoolGradient): string {
  const { window, strides } = windows;
  const [image, gradient] = [
    [x, spatial],
    [dy, pooled],
  ].map(([name, shape]) => graph.reshape(name as string, [1, planes, ...(shape as number[])])) as [string, string];
  const [, places] = graph.nodes('MaxPool', [image], 2, { attributes: attributesOf(windows) }) as [string, string];
  const whole = graph.ints([1, planes, ...spatial]);
  const result = graph.node('MaxUnpool', [gradient, places, whole], { attributes: { kernel_shape: window, strides } });
  return graph.reshape(result, [planes, ...spatial]);
}

function inBlocks(graph: GraphBuilder, task: MaxPoolGradient): string {
  const { planes, spatial, pooled } = task;
  const block = blockOf(planes, sizeOf(spatial));
  if (block === planes) return route(graph, task, { careful: false });
  const count = planes / block;
  const body = graph.subgraph();
  const shapes = [spatial, pooled, pooled].map((shape) => [block, ...shape]);
  const [x, y, dy] = shapes.map((shape) => body.input('float32', shape)) as [string, string, string];
  const result = route(body, { ...task, x, y, dy, planes: block }, { careful: false });
  body.output(result, 'float32', [block, ...spatial]);
  const scanned = [task.x, task.y, task.dy].map((name, i) => graph.reshape(name, [count, ...(shapes[i] as number[])]));
  const blocks = graph.node('Scan', scanned, {
    attributes: { num_scan_inputs: scanned.length, body: { graph: body.finish() } },
  });
  return graph.reshape(blocks, [planes, ...spatial]);
}

/** How many planes to take at a time; all where blocks would not pay. */
function blockOf(planes: number, size: number): number {
  if (planes * size <= BLOCK) return planes;
  let block = Math.max(1, Math.floor(BLOCK / size));
  while (planes % block !== 0) block--;
  return block * size < SMALLEST_BLOCK ? planes : block;
}

interface How {
  /** Whether to mind NaN, which is never a maximum, and negative infinity, which ONNX Runtime takes for nothing. */
  readonly careful: boolean;
}

function route(graph: GraphBuilder, task: MaxPoolGradient, how: How): string {
  const { planes, spatial, pooled, windows, winner } = task;
  const axes = spatial.map((_, i) => i).filter((i) => windows.window[i] !== 1 || windows.strides[i] !== 1);
  // levels[i]: the maxima along the axes from i on.
  const levels: string[] = [];
  levels[spatial.length] = task.x;
  const shapeOf = (level: number) => [...spatial.slice(0, level), ...pooled.slice(level)];
  for (let i = spatial.length - 1; i >= 0; i--) {
    const below = levels[i + 1] as string;
    if (!axes.includes(i)) levels[i] = below;
    else if (i === axes[0]) levels[i] = task.y;
    else levels[i] = maximaAlong(graph, below, lineOf(planes, shapeOf(i + 1), i, windows, pooled), how);
  }
  let gradient = task.dy;
  if (how.careful && winner === 'first') {
    // tfjs looks for what is above negative infinity; a window without gets no gradient.
    const above = graph.node('Greater', [task.y, graph.scalar(Number.NEGATIVE_INFINITY)]);
    gradient = graph.node('Where', [above, gradient, graph.scalar(0)]);
  }
  for (const i of axes) {
    const line = lineOf(planes, shapeOf(i + 1), i, windows, pooled);
    const [x, y] = [levels[i + 1] as string, levels[i] as string];
    gradient = deal(graph, { x, y, dy: gradient, line, winner }, how);
  }
  return graph.reshape(gradient, [planes, ...spatial]);
}

/** Windows along one axis of `[rows, length, inner]`. */
interface Line {
  readonly rows: number;
  readonly length: number;
  readonly inner: number;
  readonly windows: number;
  readonly window: number;
  readonly stride: number;
  readonly before: number;
  readonly after: number;
}

function lineOf(
  planes: number,
  shape: readonly number[],
  i: number,
  { window, strides, pads }: Windows,
  pooled: readonly number[],
): Line {
  return {
    rows: planes * sizeOf(shape.slice(0, i)),
    length: shape[i] as number,
    inner: sizeOf(shape.slice(i + 1)),
    windows: pooled[i] as number,
    window: window[i] as number,
    stride: strides[i] as number,
    before: pads[i] as number,
    after: pads[i + shape.length] as number,
  };
}

function maximaAlong(graph: GraphBuilder, x: string, line: Line, { careful }: How): string {
  const { rows, length, inner, window, stride, before, after } = line;
  // ONNX Runtime is faster along the last axis where that is the one.
  const flat = inner === 1;
  const values = graph.reshape(x, flat ? [1, 1, rows, length] : [rows, 1, length, inner]);
  const attributes = flat
    ? { kernel_shape: [1, window], strides: [1, stride], pads: [0, before, 0, after] }
    : { kernel_shape: [window, 1], strides: [stride, 1], pads: [before, 0, after, 0] };
  const pool = (name: string) => graph.node('MaxPool', [name], { attributes });
  if (!careful) return pool(values);
  const maxima = withInfinities(graph, pool(withoutNaN(graph, values)));
  // Nothing but NaN: must not be taken for a row whose maximum is negative infinity.
  const numbers = pool(graph.node('Where', [graph.node('IsNaN', [values]), graph.scalar(0), graph.scalar(1)]));
  const some = graph.node('Greater', [numbers, graph.scalar(0)]);
  return graph.node('Where', [some, maxima, graph.scalar(Number.NaN)]);
}

export function withoutNaN(graph: GraphBuilder, name: string): string {
  return graph.node('Where', [graph.node('IsNaN', [name]), graph.scalar(Number.NEGATIVE_INFINITY), name]);
}

/** ONNX Runtime begins at the lowest finite number, tfjs at negative infinity. */
export function withInfinities(graph: GraphBuilder, maxima: string): string {
  const untouched = graph.node('Equal', [maxima, graph.scalar(-3.4028234663852886e38)]);
  return graph.node('Where', [untouched, graph.scalar(Number.NEGATIVE_INFINITY), maxima]);
}

interface Deal {
  readonly x: string;
  readonly y: string;
  readonly dy: string;
  readonly line: Line;
  readonly winner: 'first' | 'last';
}

/**
 * Deals the gradient of maxima along one axis out to the elements. The axis is cut into steps of one stride, and the
 * steps into phases: then the `t`-th elements of all windows are one phase, `floor(t / stride)` steps on.
 */
function deal(graph: GraphBuilder, { x, y, dy, line, winner }: Deal, { careful }: How): string {
  const { windows, window, stride, before, length } = line;
  const order = Array.from({ length: window }, (_, i) => (winner === 'first' ? i : window - 1 - i));
  // What none of the others was is the last one's, without a look.
  const compared = careful ? order : order.slice(0, -1);
  const cut = cutOf(line);
  const farthest = Math.floor(Math.max(0, ...compared) / stride);
  const fill = careful ? Number.NaN : Number.NEGATIVE_INFINITY;
  const phases = compared.length === 0 ? [] : toPhases(graph, x, line, windows + farthest, fill);
  const [maxima, gradient] = [y, dy].map((name) => graph.reshape(name, cut.shape(windows))) as [string, string];
  const steps = Math.ceil((before + length) / stride);
  const shares = Array.from({ length: stride }, (): string[] => []);
  let taken: string | undefined;
  for (const [i, t] of order.entries()) {
    const step = Math.floor(t / stride);
    let mine: string | undefined;
    if (i < compared.length) {
      const phase = phases[t % stride] as string;
      const elements = farthest === 0 ? phase : graph.slice(phase, [cut.axis], [step], [step + windows]);
      const equal = graph.node('Equal', [elements, maxima]);
      mine = taken === undefined ? equal : graph.node('And', [equal, graph.node('Not', [taken])]);
      taken = taken === undefined ? equal : graph.node('Or', [taken, equal]);
    } else if (taken !== undefined) mine = graph.node('Not', [taken]);
    const share = mine === undefined ? gradient : masked(graph, gradient, mine, careful);
    shares[t % stride]?.push(padded(graph, share, cut, step, steps - windows - step, 0));
  }
  return fromPhases(graph, shares, line, steps);
}

/** The gradient where the mask is true, and 0 elsewhere. A product is the faster, but makes NaN of an infinity times 0. */
function masked(graph: GraphBuilder, gradient: string, mask: string, careful: boolean): string {
  if (careful) return graph.node('Where', [mask, gradient, graph.scalar(0)]);
  return graph.node('Mul', [gradient, graph.node('Cast', [mask], { attributes: { to: ONNX_TYPE.float32 } })]);
}

/** How the steps of one phase lie: so that runs in memory are long. */
interface Cut {
  shape(steps: number): number[];
  /** The steps' axis. */
  readonly axis: number;
  /** The phases' axis, where several phases are in one array. */
  readonly phases: number;
}

function cutOf({ rows, inner }: Line): Cut {
  if (inner === 1) return { shape: (steps) => [1, rows, steps], axis: 2, phases: 0 };
  return { shape: (steps) => [rows, steps, 1, inner], axis: 1, phases: 2 };
}

function padded(graph: GraphBuilder, name: string, cut: Cut, before: number, after: number, value: number): string {
  if (before === 0 && after === 0) return name;
  const rank = cut.shape(1).length;
  const at = (count: number) => Array.from({ length: rank }, (_, i) => (i === cut.axis ? count : 0));
  return graph.node('Pad', [name, graph.ints([...at(before), ...at(after)]), graph.scalar(value)]);
}

/** The elements of each phase, `steps` of them. */
function toPhases(graph: GraphBuilder, x: string, line: Line, steps: number, fill: number): string[] {
  const { rows, length, inner, stride, before } = line;
  const whole = { shape: () => [rows, length, inner], axis: 1, phases: 0 };
  const after = steps * stride - length - before;
  const filled = padded(graph, graph.reshape(x, whole.shape()), whole, before, after, fill);
  const cut = cutOf(line);
  if (stride === 1) return [graph.reshape(filled, cut.shape(steps))];
  const together =
    inner === 1
      ? graph.reshape(graph.transpose(graph.reshape(filled, [rows * steps, stride]), [1, 0]), [stride, rows, steps])
      : graph.reshape(filled, [rows, steps, stride, inner]);
  const lengths = graph.ints(Array.from({ length: stride }, () => 1));
  return graph.nodes('Split', [together, lengths], stride, { attributes: { axis: cut.phases } });
}

/** The sum of each phase's shares, the phases put together again to `[rows, length, inner]`. */
function fromPhases(graph: GraphBuilder, shares: readonly string[][], line: Line, steps: number): string {
  const { rows, length, inner, stride, before } = line;
  const cut = cutOf(line);
  const zeros = () => graph.node('Expand', [graph.scalar(0), graph.ints(cut.shape(steps))]);
  const phases = shares.map((own) => {
    if (own.length === 0) return zeros();
    return own.length === 1 ? (own[0] as string) : graph.node('Sum', own);
  });
  let together = phases[0] as string;
  if (stride > 1) {
    together = graph.node('Concat', phases, { attributes: { axis: cut.phases } });
    if (inner === 1) together = graph.transpose(graph.reshape(together, [stride, rows * steps]), [1, 0]);
  }
  const whole = graph.reshape(together, [rows, steps * stride, inner]);
  if (before === 0 && steps * stride === length) return whole;
  return graph.slice(whole, [1], [before], [before + length]);
}
