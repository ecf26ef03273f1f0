import {
  concat,
  gather,
  type Tensor,
  type Tensor4D,
  tensor1d,
  image as tfImage,
} from '@tensorflow/tfjs';
import { sizeOf } from '../file/constants.ts';
import {
  axisOf,
  everywhere,
  type NodeCall,
  type Operator,
  operator,
  type Plan,
  Unsupported,
} from './operator.ts';
import {
  aroundAfter,
  axisOrder,
  broadcast,
  fromFront,
  isPerImage,
  type Layout,
  positionOf,
  reshaped,
  reshapeTarget,
  showLengths,
} from './shapes.ts';
import { spreadTo } from './spread.ts';

type Target = { readonly target: readonly number[] };

/** The plan of an operator that only counts the elements anew. */
function planReshape(
  call: NodeCall,
  to: readonly number[] | undefined,
): Plan & { settings: Target } {
  const { shape: from, layout } = call.operand(0);
  if (to === undefined)
    throw new Unsupported(`another number of elements than ${showLengths(from)}`);
  const isLast = layout === 'channelsLast';
  const keepsChannels = to.length > 2 && to[0] === from[0] && to[1] === from[1];
  // Without positions, channels last are channels first.
  const isPlaceless = sizeOf(from.slice(2)) === 1;
  const read: Layout = isLast && (keepsChannels || isPlaceless) ? 'channelsLast' : 'written';
  const written: Layout = read === 'channelsLast' && keepsChannels ? 'channelsLast' : 'written';
  const target = reshapeTarget(axisOrder(to.length, written).map((axis) => to[axis]!));
  const around = aroundAfter(call.operand(0), to);
  if (target === undefined || around === undefined) {
    throw new Unsupported('images along several axes');
  }
  return {
    shape: to,
    layout: written,
    around,
    settings: { target },
    readings: [{ input: 0, layout: read }],
  };
}

const reshaping = (shapeOf: (call: NodeCall) => readonly number[] | undefined): Operator =>
  operator<Target>({
    plan: (call) => planReshape(call, shapeOf(call)),
    compute: ([x], { target }) => x!.reshape([...target]),
  });

function squeezed(call: NodeCall): readonly number[] {
  const shape = call.shape(0);
  const given = call.knownOr(1, 'axes')?.map((axis) => axisOf(axis, shape.length));
  return shape.filter((length, axis) => !(given?.includes(axis) ?? length === 1));
}

function unsqueezed(call: NodeCall): readonly number[] {
  const shape = [...call.shape(0)];
  const axes = call.knownOr(1, 'axes') ?? [];
  const rank = shape.length + axes.length;
  const inOrder = axes.map((axis) => axisOf(axis, rank)).sort((a, b) => a - b);
  for (const axis of inOrder) shape.splice(axis, 0, 1);
  return shape;
}

function flattened(call: NodeCall): readonly number[] {
  const shape = call.shape(0);
  // It may stand behind the last axis.
  const axis = fromFront(call.int('axis', 1), shape.length);
  return [sizeOf(shape.slice(0, axis)), sizeOf(shape.slice(axis))];
}

/** A transpose that only says in which order the axes lie is none in memory. */
const transposition: Operator = operator<{ readonly order: readonly number[] }>({
  plan(call) {
    const { shape, layout } = call.operand(0);
    const rank = shape.length;
    const axes = shape.map((_, axis) => axis);
    const order = call.ints('perm') ?? axes.toReversed();
    const to = order.map((axis) => shape[axis]!);
    const inMemory = order.map((axis) => positionOf(axis, rank, layout));
    const isStill = (positions: readonly number[]) =>
      positions.every((position, at) => position === at);
    const readings = [{ input: 0, layout }];
    if (isStill(inMemory)) {
      return { shape: to, layout: 'written', settings: { order: [] }, readings };
    }
    const asLast = axisOrder(rank, 'channelsLast').map((axis) => inMemory[axis]!);
    if (rank > 2 && isStill(asLast)) {
      return { shape: to, layout: 'channelsLast', settings: { order: [] }, readings };
    }
    return { shape: to, layout: 'written', settings: { order: inMemory }, readings };
  },
  compute: ([x], { order }) => (order.length === 0 ? x!.clone() : x!.transpose([...order])),
});

const concatenation: Operator = operator<{ readonly axis: number }>({
  plan(call) {
    const rank = call.shape(0).length;
    const axis = call.axis(0);
    const isLast = call.operands.some((operand) => operand?.layout === 'channelsLast');
    const layout: Layout = isLast ? 'channelsLast' : 'written';
    const shapes = call.operands.map((_, input) => call.shape(input));
    const others = broadcast(...shapes.map((shape) => shape.with(axis, 1)));
    if (others === undefined || shapes.some(({ length }) => length !== rank)) {
      throw new Unsupported(`parts of ${shapes.map(showLengths).join(' and ')}`);
    }
    const length = shapes.reduce((sum, shape) => sum + shape[axis]!, 0);
    return {
      shape: others.with(axis, length),
      layout,
      settings: { axis: positionOf(axis, rank, layout) },
      readings: shapes.map((_, input) => ({ input, layout, rank })),
    };
  },
  compute(parts, { axis }) {
    // A token of each image is a weight, the same for all images.
    const others = broadcast(...parts.map(({ shape }) => shape.with(axis, 1)))!;
    const spread = parts.map((part) => spreadTo(part, others.with(axis, part.shape[axis]!)));
    return concat(spread, axis);
  },
});

type Cut = { readonly begin: readonly number[]; readonly length: readonly number[] };

/** A part along one axis. */
function planCut(call: NodeCall, axis: number, begin: number, length: number) {
  const { shape, layout } = call.operand(0);
  const position = positionOf(axis, shape.length, layout);
  const zeros = shape.map(() => 0);
  const all = shape.map(() => -1);
  return {
    shape: shape.with(axis, length),
    layout,
    settings: { begin: zeros.with(position, begin), length: all.with(position, length) },
    readings: [{ input: 0, layout }],
  } satisfies Plan;
}

const splitting: Operator = operator<Cut>({
  plan(call) {
    const axis = call.axis(0);
    const length = call.shape(0)[axis]!;
    const parts = call.node.outputs.length;
    const even = Math.ceil(length / parts);
    const given = call.knownOr(1, 'split');
    const lengths = Array.from(
      { length: parts },
      (_, i) => given?.[i] ?? Math.min(even, length - i * even),
    );
    const begin = lengths.slice(0, call.output).reduce((sum, each) => sum + each, 0);
    return planCut(call, axis, begin, lengths[call.output]!);
  },
  compute: ([x], { begin, length }) => x!.slice([...begin], [...length]),
});

type Steps = Cut & { readonly steps: readonly number[] };

const slicing: Operator = operator<Steps>({
  plan(call) {
    const { shape, layout } = call.operand(0);
    const rank = shape.length;
    const starts = call.knownOr(1, 'starts') ?? [];
    const ends = call.knownOr(2, 'ends') ?? [];
    const axes = call.knownOr(3, 'axes') ?? starts.map((_, i) => i);
    const given = call.known(4) ?? starts.map(() => 1);
    const begin = shape.map(() => 0);
    const length = shape.map((each) => (isPerImage(each) ? -1 : each));
    const steps = shape.map(() => 1);
    const to = [...shape];
    for (const [i, counted] of axes.entries()) {
      const axis = axisOf(counted, rank);
      const full = shape[axis]!;
      const step = given[i]!;
      const clamp = (at: number) => Math.max(0, Math.min(full, at < 0 ? at + full : at));
      const first = clamp(starts[i]!);
      const whole = clamp(ends[i]!) - first;
      if (step < 1) throw new Unsupported('steps backwards');
      if (isPerImage(full)) {
        if (first === 0 && whole === full && step === 1) continue;
        throw new Unsupported('a part of the images');
      }
      if (whole <= 0) throw new Unsupported('an empty part');
      begin[axis] = first;
      length[axis] = whole;
      steps[axis] = step;
      to[axis] = Math.ceil(whole / step);
    }
    const inMemory = (values: readonly number[]) =>
      axisOrder(rank, layout).map((axis) => values[axis]!);
    return {
      shape: to,
      layout,
      settings: { begin: inMemory(begin), length: inMemory(length), steps: inMemory(steps) },
      readings: [{ input: 0, layout }],
    };
  },
  compute([x], { begin, length, steps }) {
    const part = x!.slice([...begin], [...length]);
    return steps.reduce(every, part);
  },
});

/** Every so many elements along an axis; tfjs's own slice with steps has no gradient. */
function every(x: Tensor, step: number, axis: number): Tensor {
  if (step === 1) return x;
  const length = x.shape[axis]!;
  const count = Math.ceil(length / step);
  const pads = x.shape.map((_, at): [number, number] => [
    0,
    at === axis ? count * step - length : 0,
  ]);
  const before = x.shape.slice(0, axis);
  const after = x.shape.slice(axis + 1);
  const rows = x.pad(pads).reshape([...before, count, step, ...after]);
  const first = rows.shape.with(axis + 1, 1);
  return rows
    .slice(
      first.map(() => 0),
      first,
    )
    .reshape([...before, count, ...after]);
}

type Picks = Cut & {
  readonly positions: readonly number[];
  readonly axis: number;
  readonly target: readonly number[];
};

/** Rows by numbers that are known. One row, or several in a row, are a part. */
const gathering: Operator = operator<Picks>({
  plan(call) {
    const { shape } = call.operand(0);
    const axis = call.axis(0);
    const full = shape[axis]!;
    const positions = (call.known(1) ?? []).map((position) => fromFront(position, full));
    const wanted = call.shape(1);
    if (positions.some((position) => !(position >= 0 && position < full))) {
      throw new Unsupported(`an index beyond ${full}`);
    }
    if (isPerImage(full)) throw new Unsupported('a choice of images');
    const first = positions[0] ?? 0;
    const isRun = positions.every((position, i) => position === first + i);
    const to = [...shape.slice(0, axis), ...wanted, ...shape.slice(axis + 1)];
    // Another number of axes leaves only ONNX's order, unless the channels' own are gone.
    const { layout } = call.operand(0);
    const keeps =
      wanted.length === 1 || (layout === 'channelsLast' && axis === 1 && wanted.length === 0);
    const read: Layout = keeps ? layout : 'written';
    const result: Layout = wanted.length === 1 ? layout : 'written';
    const target = reshapeTarget(axisOrder(to.length, result).map((at) => to[at]!));
    if (target === undefined) throw new Unsupported('images along several axes');
    const position = positionOf(axis, shape.length, read);
    return {
      shape: to,
      layout: result,
      settings: {
        begin: shape.map(() => 0).with(position, first),
        length: shape.map(() => -1).with(position, isRun ? positions.length : -1),
        positions: isRun ? [] : positions,
        axis: position,
        target,
      },
      readings: [{ input: 0, layout: read }],
    };
  },
  compute([x], { begin, length, positions, axis, target }) {
    const rows =
      positions.length === 0
        ? x!.slice([...begin], [...length])
        : gather(x!, tensor1d([...positions], 'int32'), axis);
    return rows.reshape([...target]);
  },
});

const expansion: Operator = operator<Target>({
  plan(call) {
    const { shape, layout } = call.operand(0);
    // What is the same for every image stays as it is until images are at hand.
    const target = (call.known(1) ?? []).map((length) => (isPerImage(length) ? 1 : length));
    const to = broadcast(shape, target);
    if (to === undefined)
      throw new Unsupported(`a shape that ${showLengths(shape)} does not grow to`);
    const inOrder = to.length === shape.length ? layout : 'written';
    const lengths = axisOrder(to.length, inOrder).map((axis) => to[axis]!);
    const known = lengths.map((length) => (isPerImage(length) ? -1 : length));
    return {
      shape: to,
      layout: inOrder,
      settings: { target: known },
      readings: [{ input: 0, layout: inOrder }],
    };
  },
  compute([x], { target }) {
    const missing = target.length - x!.rank;
    const shape = target.map((length, axis) =>
      length === -1 ? x!.shape[axis - missing]! : length,
    );
    return spreadTo(x!, shape);
  },
});

const padding: Operator = operator<{
  readonly pads: readonly (readonly [number, number])[];
  readonly value: number;
}>({
  plan(call) {
    const { shape, layout } = call.operand(0);
    const mode = call.text('mode', 'constant');
    if (mode !== 'constant') throw new Unsupported(`the mode ${mode}`);
    const rank = shape.length;
    const given = call.knownOr(1, 'pads') ?? [];
    const axes = call.known(3)?.map((axis) => axisOf(axis, rank)) ?? shape.map((_, axis) => axis);
    const pads = shape.map((): readonly [number, number] => [0, 0]);
    for (const [i, axis] of axes.entries()) pads[axis] = [given[i]!, given[i + axes.length]!];
    if (pads.flat().some((pad) => !(pad >= 0))) throw new Unsupported('negative pads');
    const value = call.opset < 11 ? call.float('value', 0) : (call.known(2)?.[0] ?? 0);
    return {
      shape: shape.map((length, axis) => length + pads[axis]![0] + pads[axis]![1]),
      layout,
      settings: { pads: axisOrder(rank, layout).map((axis) => pads[axis]!), value },
      readings: [{ input: 0, layout }],
    };
  },
  compute: ([x], { pads, value }) =>
    x!.pad(
      pads.map((pair): [number, number] => [...pair]),
      value,
    ),
});

const resizing: Operator = operator<{
  readonly size: readonly [number, number];
  readonly linear: boolean;
  readonly corners: boolean;
  readonly centers: boolean;
}>({
  plan(call) {
    const shape = call.shape(0);
    const rank = shape.length;
    const isNew = call.opset > 10;
    const sizes = isNew ? call.known(3) : undefined;
    const scales = sizes === undefined ? call.known(isNew ? 2 : 1) : undefined;
    const to = sizes ?? shape.map((length, axis) => Math.floor(length * (scales?.[axis] ?? 1)));
    if (rank !== 4 || to[1] !== shape[1]) throw new Unsupported('another form than of images');
    const mode = call.text('mode', 'nearest');
    const coordinates = call.text(
      'coordinate_transformation_mode',
      isNew ? 'half_pixel' : 'asymmetric',
    );
    const isLinear = mode === 'linear';
    const isFloor = call.text('nearest_mode', 'round_prefer_floor') === 'floor';
    const isNearest = mode === 'nearest' && coordinates === 'asymmetric' && (isFloor || !isNew);
    if (!isLinear && !isNearest) throw new Unsupported(`the mode ${mode} with ${coordinates}`);
    if (call.int('antialias', 0) === 1) throw new Unsupported('antialias');
    return {
      shape: [shape[0]!, shape[1]!, to[2]!, to[3]!],
      layout: 'channelsLast',
      settings: {
        size: [to[2]!, to[3]!],
        linear: isLinear,
        corners: coordinates === 'align_corners',
        centers: coordinates.endsWith('half_pixel'),
      },
      readings: [{ input: 0, layout: 'channelsLast' }],
    };
  },
  compute([x], { size, linear, corners, centers }) {
    const to = [...size] as [number, number];
    const image = x as Tensor4D;
    if (linear) return tfImage.resizeBilinear(image, to, corners, centers);
    return tfImage.resizeNearestNeighbor(image, to, corners, centers);
  },
});

export const rearrangingOperators: Readonly<Record<string, Operator>> = {
  Reshape: reshaping((call) => {
    const target = call.knownOr(1, 'shape') ?? [];
    return reshaped(call.operand(0), target, call.int('allowzero', 0) === 1);
  }),
  Flatten: reshaping(flattened),
  Squeeze: reshaping(squeezed),
  Unsqueeze: reshaping(unsqueezed),
  Transpose: transposition,
  Concat: concatenation,
  Split: splitting,
  Slice: slicing,
  Gather: gathering,
  Expand: expansion,
  Pad: padding,
  Resize: resizing,
  /** The backbone of a file is copied, not computed: a value as it is. */
  Identity: { plan: (call) => everywhere(call), compute: ([x]) => x!.clone() },
};
