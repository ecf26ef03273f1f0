import type { LayersModel } from '@tensorflow/tfjs';
import { encodeModel, type OnnxAttribute } from '../../../backend/lowering/onnx-writer.ts';
import type { JsonObject } from '../../../json.ts';
import { StageError } from '../../../stage.ts';
import { GraphLayer, type Inline, type Source, type Step } from '../graph/graph-layer.ts';
import { isPerImage } from '../graph/operators/shapes.ts';
import { type Layer, plainLayersIn, type Shape } from '../layers/layer.ts';
import { readLayers } from '../layers/read-layers.ts';
import { traceLayers } from '../layers/trace-net.ts';
import type { ModelFiles } from '../model-files.ts';
import { type GraphArchitecture, graphOf } from '../model-info.ts';
import {
  netWeights,
  permuteAxes,
  pytorchName,
  pytorchShape,
  toPytorch,
} from '../weights/net-weights.ts';
import { encodeSafetensors } from '../weights/safetensors.ts';
import { NetWriter, type OnnxForm, type WrittenOnnx } from './export-onnx.ts';
import { quantiseWeights } from './quantise-weights.ts';
import type { WeightedNet } from './weighted-net.ts';

/**
 * The bytes of an ONNX model of a network that began as an ONNX file: the file's nodes with the
 * weights of now, for any number of images, then the head. Operators are of the file's version.
 */
export const exportGraph = (
  files: ModelFiles,
  metadata: Readonly<Record<string, string>>,
  form: OnnxForm,
): Uint8Array<ArrayBuffer> => writeGraph(files, metadata, form).bytes;

/** The same with the names of its tensors. */
export function writeGraph(
  files: ModelFiles,
  metadata: Readonly<Record<string, string>>,
  { layout, softmax, quantize }: OnnxForm,
): WrittenOnnx {
  const { model, info } = files;
  const facts = graphOf(info)!;
  const head = headOf(model, facts);
  const output = softmax ? 'probabilities' : 'logits';
  const writer = new NetWriter({ weights: head.weights }, ['image', output]);
  const [, side] = model.inputs[0]!.shape as [null, number];
  const isForAnySize = 'size' in info.input && info.input.scale === 'native';
  const sides = isForAnySize ? ['height', 'width'] : [side, side];
  const nodeWriter = new NodeWriter(writer, model);
  const isTurned = facts.layout !== layout;
  const perm = layout === 'NHWC' ? [0, 3, 1, 2] : [0, 2, 3, 1];
  const image = isTurned ? writer.node('Transpose', ['image'], 'image/turned', { perm }) : 'image';
  writer.end(writer.layers(head.traced, nodeWriter.upTo(head.cut.name, image)), output);
  const { nodes, initializers, tensorOf } = writer;
  const shape = layout === 'NCHW' ? ['batch', 3, ...sides] : ['batch', ...sides, 3];
  const graph = {
    nodes,
    initializers,
    inputs: [{ name: 'image', type: 'float32', shape }],
    outputs: [{ name: output, type: 'float32', shape: ['batch', info.classes.length] }],
  } as const;
  if (quantize !== undefined && facts.opset < channelScales) {
    throw new StageError(
      `Expected a network of an ONNX file of opset ${channelScales} or later to quantize, got one of opset ${facts.opset}: older ones have one scale for all channels. Export the file again, with a later opset_version.`,
    );
  }
  const written = quantize === undefined ? graph : quantiseWeights(graph);
  const bytes = encodeModel(written, { producer: 'restage', opset: facts.opset, metadata });
  return { bytes, tensorOf };
}

/** Weights by the file's names and shapes, and those of the head as PyTorch has them. */
export function exportGraphSafetensors(
  { model, info }: ModelFiles,
  metadata: Readonly<Record<string, string>>,
): Uint8Array {
  const backbone = model.layers.flatMap((layer) =>
    layer instanceof GraphLayer
      ? layer.form.weights.map(({ parameter: name, written: shape }, i) => ({
          name,
          shape,
          values: writtenValues(layer, i),
        }))
      : [],
  );
  // Several nodes may read one constant.
  const once = [...new Map(backbone.map((weight) => [weight.name, weight])).values()];
  const head = headOf(model, graphOf(info)!).weights.map((weight) => ({
    name: pytorchName(weight),
    shape: pytorchShape(weight),
    values: toPytorch(weight, weight.values),
  }));
  return encodeSafetensors([...once, ...head], metadata);
}

/** The layers after the cut, with their weights. */
function headOf(model: LayersModel, { head }: GraphArchitecture) {
  const layers = readLayers(head);
  const cut = cutLayer(model, layers);
  const [, ...shape] = cut.outputShape as number[];
  const input: Shape = shape.length === 1 ? [shape[0]!] : [shape[0]!, shape[1]!, shape[2]!];
  const traced = traceLayers(layers, input);
  if (!traced.ok) throw new Error(`Internal error: ${traced.error.message}`);
  const weights: WeightedNet['weights'] = netWeights(traced.value).map((weight) => {
    const layer = model.getLayer(weight.layer.name);
    const index = layer.weights.findIndex(({ originalName }) =>
      originalName.endsWith(`/${weight.name}`),
    );
    return { ...weight, values: layer.getWeights()[index]!.dataSync<'float32'>() };
  });
  return { traced: traced.value, weights, cut };
}

/** The last layer of the file: what the head's first takes, or the last of all without a head. */
function cutLayer(model: LayersModel, head: readonly Layer[]) {
  if (head.length === 0) return model.outputs[0]!.sourceLayer;
  const first = model.getLayer(plainLayersIn(head)[0]!.name);
  return first.inboundNodes[0]!.inboundLayers[0]!;
}

/** The numbers of a weight in the order of the file. */
function writtenValues(layer: GraphLayer, index: number): Float32Array<ArrayBuffer> {
  const { written, arrangement } = layer.form.weights[index]!;
  const values = layer.variables[index]!.read().dataSync<'float32'>() as Float32Array<ArrayBuffer>;
  const { order, padded = written } = arrangement;
  if (order === undefined) return values;
  const turned = order.map((axis) => padded[axis]!);
  const inverse = order.map((_, axis) => order.indexOf(axis));
  return permuteAxes(values, turned, inverse);
}

/** The first version of ONNX's operators whose DequantizeLinear has a scale for each channel. */
const channelScales = 13;

/** Operators that only count elements anew. */
const reshapingOperators = new Set(['Reshape', 'Flatten', 'Squeeze', 'Unsqueeze']);

/** Writes the nodes of a file again. */
class NodeWriter {
  readonly #writer: NetWriter;
  readonly #model: LayersModel;
  readonly #values = new Map<string, string>();
  /** Names of parameters as they are written: as in the file, unless something else has them. */
  readonly #parameters: ReadonlyMap<string, string>;
  readonly #written = new Set<string>();

  constructor(writer: NetWriter, model: LayersModel) {
    this.#writer = writer;
    this.#model = model;
    // Parameters take their names before the values, which are often called like them.
    const parameters = model.layers.flatMap((layer) =>
      layer instanceof GraphLayer ? layer.form.weights.map(({ parameter }) => parameter) : [],
    );
    const names = new Set(parameters);
    this.#parameters = new Map([...names].map((name) => [name, writer.nameFor(name)]));
  }

  /** The nodes from an image up to a layer, whose value's name it returns. */
  upTo(cut: string, image: string): string {
    let last = image;
    const { layers } = this.#model;
    const end = layers.findIndex(({ name }) => name === cut);
    for (const layer of layers.slice(0, end + 1)) {
      const { inboundLayers } = layer.inboundNodes[0]!;
      const inputs = inboundLayers.map(({ name }) => this.#values.get(name)!);
      if (inputs.length === 0) last = image;
      else if (layer instanceof GraphLayer) last = this.#layer(layer, inputs);
      else last = inputs[0]!; // dropout, which only drops in training
      this.#values.set(layer.name, last);
      this.#writer.tensorOf.set(layer.name, last);
    }
    return last;
  }

  #layer(layer: GraphLayer, inputs: readonly string[]): string {
    const names = layer.form.weights.map(({ parameter, written: shape }, i) => {
      const name = this.#parameters.get(parameter)!;
      // Several nodes may read one constant.
      if (this.#written.has(name)) return name;
      this.#written.add(name);
      const data = writtenValues(layer, i);
      this.#writer.initializers.push({ name, type: 'float32', shape, data });
      return name;
    });
    return this.#step(layer.form.step, layer.name, (source) =>
      'value' in source ? inputs[source.value]! : names[source.weight]!,
    );
  }

  #step(
    step: Step,
    name: string,
    nameOf: (source: { readonly value: number } | { readonly weight: number }) => string,
  ): string {
    const { operator } = step;
    const nameOfInput = (source: Source | null, i: number): string => {
      if (source === null) return '';
      if ('constant' in source) return this.#setting(operator, source.constant, `${name}/${i}`);
      if ('step' in source) return this.#step(source.step, `${name}/${i}`, nameOf);
      return nameOf(source);
    };
    if (reshapingOperators.has(operator)) {
      return this.#reshape(nameOfInput(step.inputs[0]!, 0), step, name);
    }
    const written = step.inputs.map(nameOfInput);
    const inputs = this.#forAllImages(step, written, name);
    const attributes = attributesOf(step.attributes);
    const [port, ports] = step.port;
    // Exporters write the statistics of training as further outputs.
    const count = operator === 'Split' ? ports : 1;
    const outputs = Array.from({ length: count }, (_, i) =>
      this.#writer.nameFor(i === port ? name : `${name}:${i}`),
    );
    this.#writer.nodes.push({ type: operator, domain: '', inputs, outputs, attributes });
    return outputs[count === 1 ? 0 : port]!;
  }

  /** The inputs of a node for any number of images, where the file has them for one. */
  #forAllImages(step: Step, inputs: readonly string[], name: string): readonly string[] {
    if (step.operator === 'Concat') return this.#spread(step, inputs, name);
    const sizes = step.inputs[3];
    if (step.operator !== 'Resize' || !sizes || !('constant' in sizes)) return inputs;
    const count = this.#images(inputs[0]!, 0, name);
    const others = this.#ints(sizes.constant.values.slice(1), `${name}/sizes`);
    const target = this.#writer.node('Concat', [count, others], `${name}/target`, { axis: 0 });
    return inputs.with(3, target);
  }

  /** The number of images of a value, a list of one number. */
  #images(value: string, axis: number, name: string): string {
    const lengths = this.#writer.node('Shape', [value], `${name}/lengths`);
    const index = this.#ints([axis], `${name}/axis`);
    return this.#writer.node('Gather', [lengths, index], `${name}/images`);
  }

  /** The images are the length that is left open. */
  #reshape(value: string, { output }: Step, name: string): string {
    const lengths = output.shape.map((length) => (isPerImage(length) ? -1 : length));
    return this.#writer.node('Reshape', [value, this.#ints(lengths, `${name}/shape`)], name);
  }

  /** What is the same for all images, repeated for each of them. */
  #spread(step: Step, inputs: readonly string[], name: string): readonly string[] {
    const { shape } = step.output;
    const images = shape.findIndex(isPerImage);
    const isAlone = (source: Source | null) => source !== null && !('value' in source);
    const whole = step.inputs.findIndex((source) => !isAlone(source));
    if (images === -1 || !step.inputs.some(isAlone)) return inputs;
    const count = this.#images(inputs[whole]!, images, name);
    const ones = (length: number, part: string) =>
      this.#ints(Array<number>(length).fill(1), `${name}/${part}`);
    const parts = [
      ...(images > 0 ? [ones(images, 'before')] : []),
      count,
      ...(images < shape.length - 1 ? [ones(shape.length - images - 1, 'after')] : []),
    ];
    const target = this.#writer.node('Concat', parts, `${name}/target`, { axis: 0 });
    return inputs.map((input, i) =>
      isAlone(step.inputs[i]!)
        ? this.#writer.node('Expand', [input, target], `${name}/spread${i}`)
        : input,
    );
  }

  /** A constant input of an operator, in which there may be lengths that run over all images. */
  #setting(operator: string, constant: Inline, name: string): string {
    const images = lengthOfImages[operator];
    if (images === undefined || constant.type !== 'int') return this.#constant(constant, name);
    const values = constant.values.map((value) => (isPerImage(value) ? images : value));
    return this.#constant({ ...constant, values }, name);
  }

  #constant({ type, shape, values }: Inline, stem: string): string {
    const name = `${stem}/constant`;
    return this.#writer.constant(
      type === 'float'
        ? { name, type: 'float32', shape, data: Float32Array.from(values) }
        : { name, type: 'int64', shape, data: BigInt64Array.from(values, BigInt) },
    );
  }

  #ints(values: readonly number[], name: string): string {
    return this.#constant({ type: 'int', shape: [values.length], values }, name);
  }
}

/** What stands for the number of images where an operator is told lengths. */
const lengthOfImages: Readonly<Record<string, number>> = {
  // A part of all images ends beyond them.
  Slice: 2 ** 31 - 1,
  // What is the same for all images grows to them where it meets them.
  Expand: 1,
};

function attributesOf(attributes: JsonObject): Readonly<Record<string, OnnxAttribute>> {
  const { training_mode: _, ...others } = attributes;
  return others as Readonly<Record<string, OnnxAttribute>>;
}
