import type { GraphBuilder } from '../lowering/graph-builder.ts';
import { sizeOf } from '../trace/trace.ts';
import { attributesOf, either, type Windows } from './pooling.ts';

/**
 * The gradient of a max-pooling by its image: each pooled gradient goes to the element that was its
 * window's maximum, of equal ones the first in reading order. A window's maximum is the maximum of
 * its rows' maxima, so the gradient goes to a row first and along it afterwards, by comparisons of
 * shifted arrays, which are vectorised and run on all threads, unlike ONNX Runtime's pooling with
 * indices and ScatterElements. The planes go through in blocks that fit into the processor's cache
 * (measured: bench/backend/README.md).
 *
 * Where windows do not overlap, every element gets at most one gradient, and pooling with indices
 * and its inverse are the faster.
 */
interface MaxPoolGradient extends PoolArrays {
  readonly planes: number;
  readonly spatial: readonly number[];
  readonly pooled: readonly number[];
  readonly windows: Windows;
}

/** The names of what the gradient is computed from. */
interface PoolArrays {
  /**
   * The image's planes, `[…, …spatial]`; their maxima and the gradient of these, `[…, …pooled]`.
   */
  readonly x: string;
  readonly y: string;
  readonly dy: string;
}

/** Elements of a block: with its dozen intermediate results it fits into a few MiB of cache. */
const BLOCK = 1 << 18;
/** Blocks smaller than this cost more for being many than they save. */
const SMALLEST_BLOCK = 1 << 14;

/**
 * Writes the gradient, as planes in blocks. Where `finite`, a bool of the graph, is false, `x` or
 * `dy` may hold NaN or infinities.
 */
export function maxPoolGradient(
  graph: GraphBuilder,
  task: MaxPoolGradient,
  finite: string,
): string {
  const { planes, spatial, pooled } = task;
  const block = areDisjoint(task) ? planes : blockOf(planes, sizeOf(spatial));
  // Cut out here, where that costs nothing: the branch would copy what it cuts.
  const cut = (name: string, shape: readonly number[]) =>
    graph.reshape(name, [planes / block, block, ...shape]);
  const whole = [planes / block, block, ...spatial];
  const inside = {
    ...task,
    x: cut(task.x, spatial),
    y: cut(task.y, pooled),
    dy: cut(task.dy, pooled),
  };
  return either(graph, finite, whole, {
    holds(branch) {
      if (areDisjoint(task)) return unpooled(branch, inside);
      return block < planes
        ? inBlocks(branch, inside, block)
        : branch.reshape(route(branch, inside, false), whole);
    },
    fails: (branch) => branch.reshape(route(branch, inside, true), whole),
  });
}

/** MaxUnpool knows no padding. */
function areDisjoint({ windows: { window, strides, pads } }: MaxPoolGradient): boolean {
  return window.every((length, axis) => length <= strides[axis]!) && pads.every((pad) => pad === 0);
}

function unpooled(
  graph: GraphBuilder,
  { x, dy, planes, spatial, windows }: MaxPoolGradient,
): string {
  const { window, strides } = windows;
  const [, positions] = graph.nodes('MaxPool', [x], 2, { attributes: attributesOf(windows) }) as [
    string,
    string,
  ];
  const whole = graph.ints([1, planes, ...spatial]);
  return graph.node('MaxUnpool', [dy, positions, whole], {
    attributes: { kernel_shape: window, strides },
  });
}

function inBlocks(graph: GraphBuilder, task: MaxPoolGradient, block: number): string {
  const { spatial, pooled } = task;
  const body = graph.subgraph();
  const shapes = [spatial, pooled, pooled].map((shape) => [block, ...shape]);
  const [x, y, dy] = shapes.map((shape) => body.input('float32', shape)) as [
    string,
    string,
    string,
  ];
  const result = body.reshape(route(body, { ...task, x, y, dy, planes: block }, false), [
    block,
    ...spatial,
  ]);
  body.output(result, 'float32', [block, ...spatial]);
  const attributes = { num_scan_inputs: 3, body: { graph: body.finish() } };
  return graph.node('Scan', [task.x, task.y, task.dy], { attributes });
}

/** How many planes to take at a time; all where blocks would not pay. */
function blockOf(planes: number, size: number): number {
  if (planes * size <= BLOCK) return planes;
  let block = Math.max(1, Math.floor(BLOCK / size));
  while (planes % block !== 0) block--;
  return block * size < SMALLEST_BLOCK ? planes : block;
}

/**
 * Writes the gradient in any shape.
 * @param careful whether to mind NaN, which is never a maximum, and negative infinity, which ONNX
 * Runtime takes for nothing
 */
function route(graph: GraphBuilder, task: MaxPoolGradient, careful: boolean): string {
  const { spatial, windows } = task;
  const axes = spatial
    .map((_, i) => i)
    .filter((i) => windows.window[i] !== 1 || windows.strides[i] !== 1);
  // levels[i]: the maxima along the axes from i on.
  const levels: string[] = [];
  levels[spatial.length] = task.x;
  for (let i = spatial.length - 1; i >= 0; i--) {
    const below = levels[i + 1] as string;
    if (!axes.includes(i)) levels[i] = below;
    else levels[i] = i === axes[0] ? task.y : maximaAlong(graph, below, lineOf(task, i), careful);
  }
  let dy = task.dy;
  if (careful) {
    // tfjs looks for an element above negative infinity; a window without one gets no gradient.
    const above = graph.node('Greater', [task.y, graph.scalar(Number.NEGATIVE_INFINITY)]);
    dy = graph.node('Where', [above, dy, graph.scalar(0)]);
  }
  for (const i of axes) {
    const arrays = { x: levels[i + 1] as string, y: levels[i] as string, dy };
    dy = deal(graph, arrays, { ...lineOf(task, i), careful });
  }
  return dy;
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

/** Along axis `i`, when those behind it are pooled. */
function lineOf({ planes, spatial, pooled, windows }: MaxPoolGradient, i: number): Line {
  return {
    rows: planes * sizeOf(spatial.slice(0, i)),
    length: spatial[i]!,
    inner: sizeOf(pooled.slice(i + 1)),
    windows: pooled[i]!,
    window: windows.window[i]!,
    stride: windows.strides[i]!,
    before: windows.pads[i]!,
    after: windows.pads[i + spatial.length]!,
  };
}

function maximaAlong(graph: GraphBuilder, x: string, line: Line, careful: boolean): string {
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
  const numbers = pool(
    graph.node('Where', [graph.node('IsNaN', [values]), graph.scalar(0), graph.scalar(1)]),
  );
  const some = graph.node('Greater', [numbers, graph.scalar(0)]);
  return graph.node('Where', [some, maxima, graph.scalar(Number.NaN)]);
}

export function withoutNaN(graph: GraphBuilder, name: string): string {
  return graph.node('Where', [
    graph.node('IsNaN', [name]),
    graph.scalar(Number.NEGATIVE_INFINITY),
    name,
  ]);
}

/** ONNX Runtime begins at the lowest finite number, tfjs at negative infinity. */
export function withInfinities(graph: GraphBuilder, maxima: string): string {
  const untouched = graph.node('Equal', [maxima, graph.scalar(-3.4028234663852886e38)]);
  return graph.node('Where', [untouched, graph.scalar(Number.NEGATIVE_INFINITY), maxima]);
}

/**
 * Deals the gradient of maxima along one axis out to the elements. The axis is cut into steps of
 * one stride, and the steps into phases: then the `t`-th elements of all windows are one phase,
 * `floor(t / stride)` steps on.
 */
function deal(
  graph: GraphBuilder,
  { x, y, dy }: PoolArrays,
  line: Line & { readonly careful: boolean },
): string {
  const { windows, window, stride, before, length, careful } = line;
  // If no other element was the maximum, the last one is; it needs no comparison.
  const compared = careful ? window : window - 1;
  const cut = cutOf(line);
  const farthest = Math.floor(Math.max(0, compared - 1) / stride);
  const fill = careful ? Number.NaN : Number.NEGATIVE_INFINITY;
  const phases = compared === 0 ? [] : toPhases(graph, x, line, windows + farthest, fill);
  const maxima = graph.reshape(y, cut.shape(windows));
  const gradient = graph.reshape(dy, cut.shape(windows));
  const steps = Math.ceil((before + length) / stride);
  const shares = Array.from({ length: stride }, (): string[] => []);
  let taken: string | undefined;
  for (let t = 0; t < window; t++) {
    const step = Math.floor(t / stride);
    let mine: string | undefined;
    if (t < compared) {
      const phase = phases[t % stride] as string;
      const elements =
        farthest === 0 ? phase : graph.slice(phase, [cut.axis], [step], [step + windows]);
      const equal = graph.node('Equal', [elements, maxima]);
      mine = taken === undefined ? equal : graph.node('And', [equal, graph.node('Not', [taken])]);
      taken = taken === undefined ? equal : graph.node('Or', [taken, equal]);
    } else if (taken !== undefined) mine = graph.node('Not', [taken]);
    const share = mine === undefined ? gradient : masked(graph, gradient, mine, careful);
    shares[t % stride]?.push(padded(graph, share, cut, [step, steps - windows - step], 0));
  }
  return fromPhases(graph, shares, line, steps);
}

/**
 * The gradient where the mask is true, and 0 elsewhere. A product is the faster, but makes NaN of
 * an infinity times 0.
 */
function masked(graph: GraphBuilder, gradient: string, mask: string, careful: boolean): string {
  if (careful) return graph.node('Where', [mask, gradient, graph.scalar(0)]);
  return graph.node('Mul', [gradient, graph.cast(mask, 'float32')]);
}

/** The shape of an array of steps, and their axis. */
interface StepLayout {
  shape(steps: number): number[];
  /** The steps' axis. */
  readonly axis: number;
}

/** How the steps of one phase lie: so that runs in memory are long. */
interface Cut extends StepLayout {
  /** The phases' axis, where several phases are in one array. */
  readonly phases: number;
}

function cutOf({ rows, inner }: Line): Cut {
  if (inner === 1) return { shape: (steps) => [1, rows, steps], axis: 2, phases: 0 };
  return { shape: (steps) => [rows, steps, 1, inner], axis: 1, phases: 2 };
}

function padded(
  graph: GraphBuilder,
  name: string,
  { shape, axis }: StepLayout,
  counts: readonly [before: number, after: number],
  value: number,
): string {
  if (counts.every((count) => count === 0)) return name;
  const pads = counts.flatMap((count) => shape(1).map((_, i) => (i === axis ? count : 0)));
  return graph.node('Pad', [name, graph.ints(pads), graph.scalar(value)]);
}

/** The elements of each phase, `steps` of them. */
function toPhases(
  graph: GraphBuilder,
  x: string,
  line: Line,
  steps: number,
  fill: number,
): string[] {
  const { rows, length, inner, stride, before } = line;
  const whole = { shape: () => [rows, length, inner], axis: 1 };
  const counts = [before, steps * stride - length - before] as const;
  const filled = padded(graph, graph.reshape(x, whole.shape()), whole, counts, fill);
  const cut = cutOf(line);
  if (stride === 1) return [graph.reshape(filled, cut.shape(steps))];
  const together =
    inner === 1
      ? graph.reshape(graph.transpose(graph.reshape(filled, [rows * steps, stride]), [1, 0]), [
          stride,
          rows,
          steps,
        ])
      : graph.reshape(filled, [rows, steps, stride, inner]);
  const lengths = graph.ints(Array.from({ length: stride }, () => 1));
  return graph.nodes('Split', [together, lengths], stride, { attributes: { axis: cut.phases } });
}

/** The sum of each phase's shares, the phases put together again to `[rows, length, inner]`. */
function fromPhases(
  graph: GraphBuilder,
  shares: readonly string[][],
  line: Line,
  steps: number,
): string {
  const { rows, length, inner, stride, before } = line;
  const cut = cutOf(line);
  const zeros = () => graph.node('Expand', [graph.scalar(0), graph.ints(cut.shape(steps))]);
  const phases = shares.map((addends) => {
    if (addends.length === 0) return zeros();
    return addends.length === 1 ? (addends[0] as string) : graph.node('Sum', addends);
  });
  let together = phases[0] as string;
  if (stride > 1) {
    together = graph.node('Concat', phases, { attributes: { axis: cut.phases } });
    if (inner === 1)
      together = graph.transpose(graph.reshape(together, [stride, rows * steps]), [1, 0]);
  }
  const whole = graph.reshape(together, [rows, steps * stride, inner]);
  if (before === 0 && steps * stride === length) return whole;
  return graph.slice(whole, [1], [before], [before + length]);
}
