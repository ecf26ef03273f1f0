import type {
  OnnxAttribute,
  OnnxInitializer,
  OnnxNode,
} from '../../../backend/lowering/onnx-writer.ts';
import { encodeModel } from '../../../backend/lowering/onnx-writer.ts';
import { unreachable } from '../../../result.ts';
import { exportedOpset } from '../graph/file/exported-opset.ts';
import {
  type Activation,
  joinName,
  type PlainForm,
  type PlainLayer,
  type Shape,
} from '../layers/layer.ts';
import type { TracedBlock, TracedLayer, TracedPlain } from '../layers/trace-net.ts';
import { pytorchName, pytorchShape, toPytorch } from '../weights/net-weights.ts';
import { quantiseWeights } from './quantise-weights.ts';
import type { WeightedNet } from './weighted-net.ts';

/** The form of a file, as the program that loads it expects it. */
export interface OnnxForm {
  /**
   * The order of the axes of images: `[batch, height, width, 3]` or `[batch, 3, height, width]`.
   */
  readonly layout: 'NHWC' | 'NCHW';
  /** Whether it ends with `probabilities` in place of `logits`. */
  readonly softmax: boolean;
  /** Weights of 8 bits ({@link quantiseWeights}). Default: float32. */
  readonly quantize?: 'int8' | undefined;
}

/**
 * The bytes of an ONNX model from `image`, normalised as the network's info says (for a head from
 * `features`, `[batch, values]`), to `logits` or `probabilities`, `[batch, classes]`; the batch
 * size is free, and with images at native scale their height and width are. Operators are ONNX's
 * own ({@link exportedOpset}), in inference mode.
 */
export const exportOnnx = (
  net: WeightedNet,
  metadata: Readonly<Record<string, string>>,
  form?: OnnxForm,
): Uint8Array<ArrayBuffer> => writeOnnx(net, metadata, form).bytes;

/** A written ONNX model. */
export interface WrittenOnnx {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** The names of its tensors by the layers of the network whose outputs they are. */
  readonly tensorOf: ReadonlyMap<string, string>;
}

/** The same with the names of its tensors. */
export function writeOnnx(
  net: WeightedNet,
  metadata: Readonly<Record<string, string>>,
  { layout, softmax, quantize }: OnnxForm = { layout: 'NHWC', softmax: false },
): WrittenOnnx {
  const { input, traced, isForAnySize } = net;
  const name = input.length === 3 ? 'image' : 'features';
  const output = softmax ? 'probabilities' : 'logits';
  const writer = new NetWriter(net, [name, output]);
  const isFirst = name === 'image' && layout === 'NCHW';
  let value: string = name;
  if (name === 'image' && !isFirst) {
    value = writer.node('Transpose', [name], 'image/channels_first', { perm: [0, 3, 1, 2] });
  }
  value = writer.layers(traced, value);
  writer.end(value, output);
  const { nodes, initializers, tensorOf } = writer;
  const classes = traced.at(-1)!.output[0];
  const sides = isForAnySize ? ['height', 'width'] : input.slice(0, 2);
  const imageShape = isFirst ? [3, ...sides] : [...sides, 3];
  const graph = {
    nodes,
    initializers,
    inputs: [
      { name, type: 'float32', shape: ['batch', ...(name === 'image' ? imageShape : input)] },
    ],
    outputs: [{ name: output, type: 'float32', shape: ['batch', classes] }],
  } as const;
  const written = quantize === undefined ? graph : quantiseWeights(graph);
  const bytes = encodeModel(written, { producer: 'restage', opset: exportedOpset, metadata });
  return { bytes, tensorOf };
}

const activationOperators: Readonly<Record<Exclude<Activation, ComposedActivation>, string>> = {
  relu: 'Relu',
  elu: 'Elu',
  hardSwish: 'HardSwish',
  sigmoid: 'Sigmoid',
  tanh: 'Tanh',
};

/** Activations of several operators. */
type ComposedActivation = 'swish' | 'gelu' | 'relu6';

interface WrittenNet {
  readonly weights: WeightedNet['weights'];
  readonly isForAnySize?: boolean;
}

/**
 * Writes layer after layer. Images are `[batch, channels, height, width]`; names and layouts of
 * weights are PyTorch's. A name is given once: values, weights and constants share one set.
 */
export class NetWriter {
  readonly nodes: OnnxNode[] = [];
  readonly initializers: OnnxInitializer[] = [];
  /** The names of values by the layers that give them. */
  readonly tensorOf = new Map<string, string>();
  readonly #weights: WeightedNet['weights'];
  readonly #isForAnySize: boolean;
  readonly #taken: Set<string>;
  /** Weights keep their names: they take them before any value does. */
  readonly #weightNames: ReadonlyMap<WeightedNet['weights'][number], string>;

  /** `ends` are the names of the graph's inputs and outputs. */
  constructor({ weights, isForAnySize = false }: WrittenNet, ends: readonly string[]) {
    this.#weights = weights;
    this.#isForAnySize = isForAnySize;
    this.#taken = new Set(ends);
    this.#weightNames = new Map(
      weights.map((weight) => [weight, this.nameFor(pytorchName(weight))]),
    );
  }

  /** The name, or one like it where it is taken. */
  nameFor(name: string): string {
    let free = name;
    for (let number = 1; this.#taken.has(free); number++)
      free = `${name}/layer${number === 1 ? '' : number}`;
    this.#taken.add(free);
    return free;
  }

  /** Ends with the output of the graph: `logits`, or `probabilities` by a softmax. */
  end(value: string, output: string): void {
    const isSoftmax = output === 'probabilities';
    const type = isSoftmax ? 'Softmax' : 'Identity';
    const attributes = isSoftmax ? { axis: 1 } : {};
    this.nodes.push({ type, domain: '', inputs: [value], outputs: [output], attributes });
  }

  node(
    type: string,
    inputs: readonly string[],
    name: string,
    attributes: Readonly<Record<string, OnnxAttribute>> = {},
  ): string {
    const output = this.nameFor(name);
    this.nodes.push({ type, domain: '', inputs, outputs: [output], attributes });
    return output;
  }

  /** Layers one after the other. */
  layers(traced: readonly TracedLayer[], value: string): string {
    return traced.reduce((x, entry) => {
      const isBlock = 'paths' in entry;
      const output = isBlock ? this.#block(entry, x) : this.#layer(entry, x);
      this.tensorOf.set(isBlock ? joinName(entry.layer) : entry.layer.name, output);
      return output;
    }, value);
  }

  #block({ layer, paths, output }: TracedBlock, value: string): string {
    const name = joinName(layer);
    const outputs = paths.map((path) => this.layers(path, value));
    if (layer.kind === 'residual') return this.node('Add', outputs, name);
    if (layer.kind === 'gate') return this.node('Mul', [value, ...outputs], name);
    // Channels come second in an image, and last elsewhere.
    return this.node('Concat', outputs, name, { axis: output.length === 3 ? 1 : output.length });
  }

  #layer(traced: TracedPlain, value: string): string {
    const output = this.#plain(traced, value);
    const { layer } = traced;
    if (!('activation' in layer) || layer.activation === undefined || layer.kind === 'activation')
      return output;
    return this.#activation(layer.activation, output, `${layer.name}/${layer.activation}`);
  }

  #plain({ layer, input }: TracedPlain, value: string): string {
    const { kind, name } = layer;
    switch (kind) {
      case 'conv':
        return this.node(
          'Conv',
          [value, ...this.#of(layer)],
          name,
          this.#windows(layer, layer.kernel, input),
        );
      case 'depthwiseConv': {
        const each = { ...this.#windows(layer, layer.kernel, input), group: input.at(-1)! };
        return this.node('Conv', [value, ...this.#of(layer)], name, each);
      }
      case 'separableConv': {
        const [depthwise, ...pointwise] = this.#of(layer);
        const each = { ...this.#windows(layer, layer.kernel, input), group: input.at(-1)! };
        const inner = this.node('Conv', [value, depthwise!], `${name}/depthwise`, each);
        return this.node('Conv', [inner, ...pointwise], name);
      }
      case 'maxPool':
      case 'averagePool': {
        const kernel_shape = [layer.size, layer.size] as const;
        const attributes = { kernel_shape, ...this.#windows(layer, kernel_shape, input) };
        return this.node(kind === 'maxPool' ? 'MaxPool' : 'AveragePool', [value], name, attributes);
      }
      case 'batchNorm': {
        const attributes = { epsilon: { float: layer.epsilon } };
        return this.node('BatchNormalization', [value, ...this.#of(layer)], name, attributes);
      }
      case 'zeroPad': {
        const [top, right, bottom, left] = layer.around;
        const pads = this.#integers(`${name}/pads`, [0, 0, top, left, 0, 0, bottom, right]);
        return this.node('Pad', [value, pads], name);
      }
      case 'layerNorm':
        return this.#layerNorm(layer, input, value);
      case 'layerScale':
        // The layer's own name is that of its weight.
        return this.node('Mul', [value, ...this.#of(layer)], `${name}/product`);
      case 'activation':
        return this.#activation(layer.activation, value, name);
      case 'dropout':
        return value;
      case 'scaling':
        return this.#scaling(layer, value);
      case 'flatten':
        return this.node('Flatten', [value], name, { axis: 1 });
      case 'globalAveragePool':
        return this.node(
          'Flatten',
          [this.node('GlobalAveragePool', [value], `${name}/mean`)],
          name,
          { axis: 1 },
        );
      case 'pixel':
        return this.node('Reshape', [value, this.#integers(`${name}/shape`, [0, -1, 1, 1])], name);
      case 'tokens':
        return this.#tokens(layer, input, value);
      case 'attention':
        return this.#attention(layer, input, value);
      case 'classToken': {
        const first = this.#integers(`${name}/first`, [0]);
        const token = this.node('Gather', [value, first], `${name}/token`, { axis: 1 });
        return this.node('Flatten', [token], name, { axis: 1 });
      }
      case 'dense': {
        const [kernel, bias] = this.#of(layer);
        if (input.length === 3) return this.#pixelwise(name, kernel!, bias, value);
        if (input.length === 2) return this.#product(name, kernel!, bias, value);
        return this.node('Gemm', [value, kernel!, ...(bias === undefined ? [] : [bias])], name, {
          transB: 1,
        });
      }
      default:
        return unreachable(kind);
    }
  }

  #scaling(layer: Extract<PlainLayer, { kind: 'scaling' }>, value: string): string {
    const { name, by } = layer;
    if (by === 'unit') return this.node('LpNormalization', [value], name, { axis: 1, p: 2 });
    const [mean, whitening] = this.#of(layer);
    if (whitening === undefined) return this.node('Sub', [value, mean!], name);
    const centred = this.node('Sub', [value, mean!], `${name}/centred`);
    return this.node('Gemm', [centred, whitening], name, { transB: 1 });
  }

  #layerNorm(layer: Extract<PlainLayer, { kind: 'layerNorm' }>, input: Shape, value: string) {
    const { name, epsilon } = layer;
    const attributes = { axis: -1, epsilon: { float: epsilon } };
    const weights = this.#of(layer);
    if (input.length < 3)
      return this.node('LayerNormalization', [value, ...weights], name, attributes);
    const last = this.node('Transpose', [value], `${name}/channels_last`, { perm: [0, 2, 3, 1] });
    const inner = this.node('LayerNormalization', [last, ...weights], `${name}/norm`, attributes);
    return this.node('Transpose', [inner], name, { perm: [0, 3, 1, 2] });
  }

  /** A dense layer of the channels of each pixel: a convolution of 1 x 1. */
  #pixelwise(name: string, kernel: string, bias: string | undefined, value: string): string {
    const shape = this.#integers(`${name}/shape`, [0, 0, 1, 1]);
    const square = this.node('Reshape', [kernel, shape], `${name}/kernel`);
    return this.node('Conv', [value, square, ...(bias === undefined ? [] : [bias])], name);
  }

  /** A dense layer of the channels of each token. */
  #product(name: string, kernel: string, bias: string | undefined, value: string): string {
    const inOut = this.node('Transpose', [kernel], `${name}/kernel`, { perm: [1, 0] });
    if (bias === undefined) return this.node('MatMul', [value, inOut], name);
    const product = this.node('MatMul', [value, inOut], `${name}/product`);
    return this.node('Add', [product, bias], name);
  }

  #tokens(layer: PlainLayer, input: Shape, value: string): string {
    const { name } = layer;
    const channels = input.at(-1)!;
    const [classToken, positions] = this.#of(layer) as [string, string];
    const pixels = this.#integers(`${name}/pixels`, [0, channels, -1]);
    const flat = this.node('Reshape', [value, pixels], `${name}/flat`);
    const rows = this.node('Transpose', [flat], `${name}/rows`, { perm: [0, 2, 1] });
    const batch = this.node('Shape', [rows], `${name}/batch`, { start: 0, end: 1 });
    const one = this.#integers(`${name}/one`, [1, channels]);
    const shape = this.node('Concat', [batch, one], `${name}/class_shape`, { axis: 0 });
    const first = this.node('Expand', [classToken, shape], `${name}/class`);
    const all = this.node('Concat', [first, rows], `${name}/all`, { axis: 1 });
    return this.node('Add', [all, positions], name);
  }

  #attention(layer: Extract<PlainLayer, { kind: 'attention' }>, input: Shape, value: string) {
    const { name, heads } = layer;
    const channels = input.at(-1)!;
    const width = channels / heads;
    const [qkv, qkvBias, projection, projectionBias] = this.#of(layer) as readonly string[];
    const all = this.#product(`${name}/qkv`, qkv!, qkvBias, value);
    const split = this.#integers(`${name}/heads`, [0, 0, 3, heads, width]);
    const shared = this.node('Reshape', [all, split], `${name}/shared`);
    const order = { perm: [2, 0, 3, 1, 4] };
    const ordered = this.node('Transpose', [shared], `${name}/ordered`, order);
    const part = (index: number, stem: string) => {
      const position = this.#integers(`${name}/${stem}_index`, [], index);
      return this.node('Gather', [ordered, position], `${name}/${stem}`, { axis: 0 });
    };
    const q = part(0, 'q');
    const k = part(1, 'k');
    const v = part(2, 'v');
    const turned = this.node('Transpose', [k], `${name}/k_turned`, { perm: [0, 1, 3, 2] });
    const products = this.node('MatMul', [q, turned], `${name}/products`);
    const root = this.#float(`${name}/root`, Math.sqrt(width));
    const scores = this.node('Div', [products, root], `${name}/scores`);
    const shares = this.node('Softmax', [scores], `${name}/shares`, { axis: -1 });
    const sums = this.node('MatMul', [shares, v], `${name}/sums`);
    const back = this.node('Transpose', [sums], `${name}/back`, { perm: [0, 2, 1, 3] });
    const joinedShape = this.#integers(`${name}/joined_shape`, [0, 0, channels]);
    const joined = this.node('Reshape', [back, joinedShape], `${name}/joined`);
    return this.#product(name, projection!, projectionBias, joined);
  }

  /** A list of whole numbers as a constant; a single one with an empty list. */
  #integers(name: string, values: readonly number[], scalar?: number): string {
    const all = scalar === undefined ? values : [scalar];
    const data = BigInt64Array.from(all, BigInt);
    const shape = scalar === undefined ? [values.length] : [];
    return this.constant({ name, type: 'int64', shape, data });
  }

  #float(name: string, value: number): string {
    return this.constant({ name, type: 'float32', shape: [], data: Float32Array.of(value) });
  }

  /** Writes a constant, and returns its name. */
  constant(initializer: OnnxInitializer): string {
    const name = this.nameFor(initializer.name);
    this.initializers.push({ ...initializer, name });
    return name;
  }

  /** The padding of `same` depends on the size: ONNX Runtime has the same rule. */
  #windows(layer: Windowed, window: Parameters<typeof windows>[1], input: TracedPlain['input']) {
    const { strides, pads } = windows(layer, window, input);
    return this.#isForAnySize && layer.padding === 'same'
      ? { strides, auto_pad: 'SAME_UPPER' }
      : { strides, pads };
  }

  #of(layer: PlainLayer): readonly string[] {
    return this.#weights
      .filter((weight) => weight.layer === layer)
      .map((weight) => {
        const name = this.#weightNames.get(weight)!;
        const data = toPytorch(weight, weight.values);
        this.initializers.push({ name, type: 'float32', shape: pytorchShape(weight), data });
        return name;
      });
  }

  #activation(activation: Activation, value: string, name: string): string {
    switch (activation) {
      case 'swish':
        return this.node('Mul', [value, this.node('Sigmoid', [value], `${name}/sigmoid`)], name);
      case 'relu6': {
        const bounds = [this.#float(`${name}/least`, 0), this.#float(`${name}/most`, 6)];
        return this.node('Clip', [value, ...bounds], name);
      }
      case 'gelu': {
        const root = this.#float(`${name}/root`, Math.SQRT2);
        const scaled = this.node('Div', [value, root], `${name}/scaled`);
        const error = this.node('Erf', [scaled], `${name}/erf`);
        const one = this.#float(`${name}/one`, 1);
        const raised = this.node('Add', [error, one], `${name}/raised`);
        const product = this.node('Mul', [value, raised], `${name}/product`);
        return this.node('Mul', [product, this.#float(`${name}/half`, 0.5)], name);
      }
      default:
        return this.node(activationOperators[activation], [value], name);
    }
  }
}

type Windowed = Extract<PlainForm, { readonly stride: number }>;

/**
 * The padding of `same`: as much as windows reach over the image, the odd pixel to the right and
 * below, as in TensorFlow.
 */
function windows(
  { stride, padding }: Windowed,
  window: readonly [number, number],
  input: TracedPlain['input'],
) {
  const pads = window.map((side, axis) => {
    const size = input[axis] ?? 1;
    const over =
      padding === 'same' ? Math.max(0, (Math.ceil(size / stride) - 1) * stride + side - size) : 0;
    return [Math.floor(over / 2), Math.ceil(over / 2)] as const;
  });
  const [[top, bottom], [left, right]] = pads as [
    readonly [number, number],
    readonly [number, number],
  ];
  return { strides: [stride, stride], pads: [top, left, bottom, right] };
}
