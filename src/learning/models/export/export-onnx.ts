import type {
  OnnxAttribute,
  OnnxInitializer,
  OnnxNode,
} from '../../../backend/lowering/onnx-writer.ts';
import { encodeModel } from '../../../backend/lowering/onnx-writer.ts';
import { unreachable } from '../../../result.ts';
import { type Activation, addName, type PlainForm, type PlainLayer } from '../layers/layer.ts';
import type { TracedLayer, TracedPlain } from '../layers/trace-net.ts';
import { pytorchName, pytorchShape, toPytorch } from '../weights/net-weights.ts';
import type { WeightedNet } from './weighted-net.ts';

/** The form of a file, as the program that loads it expects it. */
export interface OnnxForm {
  /**
   * The order of the axes of images: `[batch, height, width, 3]` or `[batch, 3, height, width]`.
   */
  readonly layout: 'NHWC' | 'NCHW';
  /** Whether it ends with `probabilities` in place of `logits`. */
  readonly softmax: boolean;
}

/**
 * The bytes of an ONNX model from `image`, normalised as the network's info says (for a head from
 * `features`, `[batch, values]`), to `logits` or `probabilities`, `[batch, classes]`; the batch
 * size is free. Operators are ONNX's own (opset 18), in inference mode.
 */
export function exportOnnx(
  net: WeightedNet,
  metadata: Readonly<Record<string, string>>,
  { layout, softmax }: OnnxForm = { layout: 'NHWC', softmax: false },
): Uint8Array<ArrayBuffer> {
  const writer = new NetWriter(net);
  const { input, traced } = net;
  const name = input.length === 3 ? 'image' : 'features';
  const isFirst = name === 'image' && layout === 'NCHW';
  let value: string = name;
  if (name === 'image' && !isFirst) {
    value = writer.node('Transpose', [name], 'image/channels_first', { perm: [0, 3, 1, 2] });
  }
  value = writer.layers(traced, value);
  const output = softmax ? 'probabilities' : 'logits';
  if (softmax) writer.node('Softmax', [value], output, { axis: 1 });
  else writer.node('Identity', [value], output);
  const { nodes, initializers } = writer;
  const classes = traced.at(-1)!.output[0];
  const graph = {
    nodes,
    initializers,
    inputs: [
      { name, type: 'float32', shape: ['batch', ...(isFirst ? [3, ...input.slice(0, 2)] : input)] },
    ],
    outputs: [{ name: output, type: 'float32', shape: ['batch', classes] }],
  } as const;
  return encodeModel(graph, { producer: 'restage', metadata });
}

const activationOperators: Readonly<Record<Exclude<Activation, 'swish'>, string>> = {
  relu: 'Relu',
  elu: 'Elu',
  sigmoid: 'Sigmoid',
  tanh: 'Tanh',
};

/**
 * Writes layer after layer. Images are `[batch, channels, height, width]`; names and layouts of
 * weights are PyTorch's.
 */
export class NetWriter {
  readonly nodes: OnnxNode[] = [];
  readonly initializers: OnnxInitializer[] = [];
  readonly #weights: WeightedNet['weights'];

  constructor({ weights }: Pick<WeightedNet, 'weights'>) {
    this.#weights = weights;
  }

  node(
    type: string,
    inputs: readonly string[],
    name: string,
    attributes: Readonly<Record<string, OnnxAttribute>> = {},
  ): string {
    // The name of the graph's output is taken.
    const output = type !== 'Identity' && name === 'logits' ? 'logits/layer' : name;
    this.nodes.push({ type, domain: '', inputs, outputs: [output], attributes });
    return output;
  }

  /** Layers one after the other; a residual block adds its two paths. */
  layers(traced: readonly TracedLayer[], value: string): string {
    return traced.reduce((x, each) => {
      if (!('body' in each)) return this.layer(each, x);
      const paths = [this.layers(each.body, x), this.layers(each.shortcut, x)];
      return this.node('Add', paths, addName(each.layer));
    }, value);
  }

  layer(traced: TracedPlain, value: string): string {
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
          windows(layer, layer.kernel, input),
        );
      case 'separableConv': {
        const [depthwise, ...pointwise] = this.#of(layer);
        const each = { ...windows(layer, layer.kernel, input), group: input.at(-1)! };
        const inner = this.node('Conv', [value, depthwise!], `${name}/depthwise`, each);
        return this.node('Conv', [inner, ...pointwise], name);
      }
      case 'maxPool':
      case 'averagePool': {
        const kernel_shape = [layer.size, layer.size];
        const attributes = { kernel_shape, ...windows(layer, layer.size, input) };
        return this.node(kind === 'maxPool' ? 'MaxPool' : 'AveragePool', [value], name, attributes);
      }
      case 'batchNorm': {
        const attributes = { epsilon: { float: layer.epsilon } };
        return this.node('BatchNormalization', [value, ...this.#of(layer)], name, attributes);
      }
      case 'activation':
        return this.#activation(layer.activation, value, name);
      case 'dropout':
        return value;
      case 'flatten':
        return this.node('Flatten', [value], name, { axis: 1 });
      case 'globalAveragePool':
        return this.node(
          'Flatten',
          [this.node('GlobalAveragePool', [value], `${name}/mean`)],
          name,
          { axis: 1 },
        );
      case 'dense':
        return this.node('Gemm', [value, ...this.#of(layer)], name, { transB: 1 });
      default:
        return unreachable(kind);
    }
  }

  #of(layer: PlainLayer): readonly string[] {
    return this.#weights
      .filter((weight) => weight.layer === layer)
      .map((weight) => {
        const name = pytorchName(weight);
        const data = toPytorch(weight, weight.values);
        this.initializers.push({ name, type: 'float32', shape: pytorchShape(weight), data });
        return name;
      });
  }

  #activation(activation: Activation, value: string, name: string): string {
    if (activation !== 'swish') return this.node(activationOperators[activation], [value], name);
    return this.node('Mul', [value, this.node('Sigmoid', [value], `${name}/sigmoid`)], name);
  }
}

type Windowed = Extract<PlainForm, { readonly stride: number }>;

/**
 * The padding of `same`: as much as windows reach over the image, the odd pixel to the right and
 * below, as in TensorFlow.
 */
function windows({ stride, padding }: Windowed, window: number, input: TracedPlain['input']) {
  const pads = [input[0], input[1] ?? 1].map((size) => {
    const over =
      padding === 'same' ? Math.max(0, (Math.ceil(size / stride) - 1) * stride + window - size) : 0;
    return [Math.floor(over / 2), Math.ceil(over / 2)] as const;
  });
  const [[top, bottom], [left, right]] = pads as [
    readonly [number, number],
    readonly [number, number],
  ];
  return { strides: [stride, stride], pads: [top, left, bottom, right] };
}
