import {
  add,
  clipByValue,
  div,
  elu,
  erf,
  leakyRelu,
  maximum,
  minimum,
  mul,
  pow,
  prelu,
  relu,
  scalar,
  selu,
  sigmoid,
  softplus,
  square,
  sub,
  type Tensor,
  tanh,
} from '@tensorflow/tfjs';
import { everywhere, type NodeCall, type Operator, operator, Unsupported } from './operator.ts';
import { broadcast, type Layout, showLengths } from './shapes.ts';

const unary = (compute: (x: Tensor) => Tensor): Operator => ({
  plan: (call) => everywhere(call),
  compute: ([x]) => compute(x!),
});

/** The greatest and smallest numbers of float32: clipping at them changes nothing. */
const mostFloat = 3.4028234663852886e38;

/** The first value that a Clip has at all, by the version of the operator. */
function bound(call: NodeCall, input: number, attribute: string, usual: number): number {
  const given = call.opset < 11 ? call.float(attribute, usual) : call.known(input)?.[0];
  return Math.max(-mostFloat, Math.min(mostFloat, given ?? usual));
}

const gelu = (x: Tensor): Tensor => {
  const half = x.mul(scalar(0.5));
  return half.mul(erf(x.mul(scalar(Math.SQRT1_2))).add(scalar(1)));
};

/** Hendrycks and Gimpel 2016, "Gaussian error linear units": the form with a tanh. */
const geluByTanh = (x: Tensor): Tensor => {
  const cubed = x.mul(x).mul(x).mul(scalar(0.044715));
  const inner = x.add(cubed).mul(scalar(Math.sqrt(2 / Math.PI)));
  return x.mul(scalar(0.5)).mul(tanh(inner).add(scalar(1)));
};

/** Operators of one number. */
export const unaryOperators: Readonly<Record<string, Operator>> = {
  Relu: unary(relu),
  Sigmoid: unary(sigmoid),
  Tanh: unary(tanh),
  Erf: unary(erf),
  Exp: unary((x) => x.exp()),
  Log: unary((x) => x.log()),
  Sqrt: unary((x) => x.sqrt()),
  Reciprocal: unary((x) => x.reciprocal()),
  Neg: unary((x) => x.neg()),
  Abs: unary((x) => x.abs()),
  Floor: unary((x) => x.floor()),
  Ceil: unary((x) => x.ceil()),
  Softplus: unary(softplus),
  Selu: unary(selu),
  Mish: unary((x) => x.mul(tanh(softplus(x)))),
  // Howard et al. 2019, "Searching for MobileNetV3", section 5.2.
  HardSwish: unary((x) => x.mul(clipByValue(x.add(scalar(3)), 0, 6)).mul(scalar(1 / 6))),
  HardSigmoid: operator<{ readonly alpha: number; readonly beta: number }>({
    plan: (call) => ({
      ...everywhere(call),
      settings: { alpha: call.float('alpha', 0.2), beta: call.float('beta', 0.5) },
    }),
    compute: ([x], { alpha, beta }) => clipByValue(x!.mul(scalar(alpha)).add(scalar(beta)), 0, 1),
  }),
  LeakyRelu: operator<{ readonly alpha: number }>({
    plan: (call) => ({ ...everywhere(call), settings: { alpha: call.float('alpha', 0.01) } }),
    compute: ([x], { alpha }) => leakyRelu(x!, alpha),
  }),
  Elu: operator<{ readonly alpha: number }>({
    plan: (call) => ({ ...everywhere(call), settings: { alpha: call.float('alpha', 1) } }),
    compute: ([x], { alpha }) => {
      if (alpha === 1) return elu(x!);
      return relu(x!).add(elu(minimum(x!, scalar(0))).mul(scalar(alpha)));
    },
  }),
  Clip: operator<{ readonly min: number; readonly max: number }>({
    plan: (call) => ({
      ...everywhere(call),
      settings: {
        min: bound(call, 1, 'min', -mostFloat),
        max: bound(call, 2, 'max', mostFloat),
      },
    }),
    compute: ([x], { min, max }) => clipByValue(x!, min, max),
  }),
  Gelu: operator<{ readonly approximate: string }>({
    plan: (call) => ({
      ...everywhere(call),
      settings: { approximate: call.text('approximate', 'none') },
    }),
    compute: ([x], { approximate }) => (approximate === 'tanh' ? geluByTanh(x!) : gelu(x!)),
  }),
};

/**
 * The plan of an operator of several numbers, which broadcasts. It keeps channels last where one of
 * its values has them there.
 */
function together(call: NodeCall, role: string) {
  const shapes = call.operands.map((_, input) => call.shape(input));
  const shape = broadcast(...shapes);
  if (shape === undefined) {
    throw new Unsupported(`operands of ${shapes.map(showLengths).join(' and ')}`);
  }
  const rank = shape.length;
  const isLast = call.operands.some(
    (operand) =>
      operand!.kind === 'value' &&
      operand!.layout === 'channelsLast' &&
      operand!.shape.length === rank,
  );
  const layout: Layout = isLast ? 'channelsLast' : 'written';
  const readings = call.operands.map((_, input) => ({ input, layout, rank, role }));
  return { shape, layout, readings };
}

const several = (role: string, compute: (a: Tensor, b: Tensor) => Tensor): Operator => ({
  plan: (call) => ({ ...together(call, role), settings: {} }),
  compute: ([first, ...others]) => others.reduce(compute, first!),
});

const power: Operator = operator<{ readonly exponent?: number }>({
  plan(call) {
    const exponent = call.operand(1);
    const isKnown = exponent.kind === 'constant' && exponent.constant.values.length === 1;
    if (!isKnown) return { ...together(call, 'table'), settings: {} };
    return { ...everywhere(call), settings: { exponent: exponent.constant.values[0]! } };
  },
  compute([base, exponent], { exponent: known }) {
    if (known === 2) return square(base!);
    if (known === 0.5) return base!.sqrt();
    return pow(base!, exponent ?? scalar(known!));
  },
});

/** Operators of several numbers. A weight that is added is a bias; one that multiplies, a scale. */
export const broadcastOperators: Readonly<Record<string, Operator>> = {
  Add: several('bias', add),
  Sum: several('bias', add),
  Sub: several('bias', sub),
  Mul: several('gamma', mul),
  Div: several('gamma', div),
  Max: several('table', maximum),
  Min: several('table', minimum),
  PRelu: several('alpha', (x, slope) => prelu(x, slope)),
  Pow: power,
};
