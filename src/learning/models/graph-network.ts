import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type LayersModel, model as tfjsModel } from '@tensorflow/tfjs';
import { formatFew } from '../../format-numbers.ts';
import { StageError } from '../../stage.ts';
import { thereAre } from '../../suggest.ts';
import { applyLayers } from './build-net.ts';
import { type BuiltGraph, buildGraph, fillWeights, graphModel } from './graph/build-graph.ts';
import { beforeClassifier, beforeScores } from './graph/classifier.ts';
import { type OnnxGraph, readOnnxGraph } from './graph/file/onnx-graph.ts';
import { dataType } from './graph/file/tensor-values.ts';
import { GraphLayer, isNormalisation } from './graph/graph-layer.ts';
import { withNorms } from './graph/restore-norms.ts';
import { readTfjsNetwork } from './graph/tfjs/tfjs-network.ts';
import { initialiseWeights } from './initial-weights.ts';
import {
  isBlock,
  isLearnable,
  joinName,
  type Layer,
  pathsOf,
  plainLayersIn,
  type Shape,
  showShape,
} from './layers/layer.ts';
import type { LayerItem } from './layers/layer-items.ts';
import type { NetworkParts } from './layers/net-parts.ts';
import { readLayers } from './layers/read-layers.ts';
import { traceLayers } from './layers/trace-net.ts';
import { scalingMistakes } from './model-setting.ts';
import { fileName } from './onnx/file-name.ts';
import { checkImageLimits } from './onnx/image-limits.ts';
import { otherSize } from './onnx/other-size.ts';
import { seededDropout } from './seeded-dropout.ts';
import { among, besideManifest, type FindShard } from './weights/shards.ts';
import { isTfjsFile } from './weights/weight-files.ts';

/** A file whose network becomes layers: ONNX, or a tfjs model with its topology. */
export interface OpenedGraph {
  /** In ONNX's operators. */
  readonly graph: OnnxGraph;
  readonly format: 'ONNX' | 'tfjs';
  /** Its name, for messages. */
  readonly file: string;
  /** SHA-256 of its bytes, or of a tfjs model's topology and weights. */
  digest(): string;
  /** Pixels a side that it takes; undefined where it leaves them free. */
  readonly size: number | undefined;
  readonly layout: 'NCHW' | 'NHWC';
}

/**
 * Opens a file, or the only one of a folder; the shards of a tfjs model follow it, or are where
 * `findShard` finds them. Throws a {@link StageError} for one of another form.
 */
export function openGraph(
  paths: string | readonly string[],
  findShard: FindShard = among([paths].flat()),
): OpenedGraph {
  const [source = ''] = [paths].flat();
  const isFolder = statSync(source).isDirectory();
  const path = isFolder ? onlyFile(source) : source;
  const file = fileName(path);
  if (!isTfjsFile(path)) return openOnnx(readFileSync(path), file);
  const { graph, digest } = readTfjsNetwork(
    path,
    file,
    isFolder ? besideManifest(path) : findShard,
  );
  return { graph, format: 'tfjs', file, digest, ...imageOf(graph, file) };
}

/** The same of the bytes of an ONNX file. */
export function openOnnx(bytes: Uint8Array, file: string): OpenedGraph {
  const graph = readOnnxGraph(bytes, file);
  const digest = () => createHash('sha256').update(bytes).digest('hex');
  return { graph, format: 'ONNX', file, digest, ...imageOf(graph, file) };
}

function onlyFile(folder: string): string {
  const all = readdirSync(folder);
  const onnx = all.filter((name) => name.endsWith('.onnx'));
  const names =
    onnx.length > 0 ? onnx : all.filter((name) => /^model(\.json|(\.min)?\.js)$/.test(name));
  if (names.length === 1) return join(folder, names[0]!);
  throw new StageError(
    `Expected one ONNX file in the folder ${folder}, got ${names.sort().join(', ') || 'none'}.`,
  );
}

/** Throws a {@link StageError} where a file has several outputs, of which none is called logits. */
export function outputOf({ graph: { outputs }, file, format }: OpenedGraph): string {
  if (outputs.length === 1) return outputs[0]!;
  if (outputs.includes('logits')) return 'logits';
  const advice =
    format === 'ONNX'
      ? 'Export the network with the output of its classifier alone, or call that one logits (in PyTorch: output_names).'
      : 'Name the tensor before the head in "cut".';
  throw new StageError(
    `Expected one output of ${file}, or one called logits, got ${outputs.join(', ') || 'none'}. ${advice}`,
  );
}

function imageOf({ inputs }: OnnxGraph, file: string): Pick<OpenedGraph, 'size' | 'layout'> {
  const [input] = inputs;
  if (inputs.length !== 1 || input === undefined) {
    const names = inputs.map(({ name }) => name).join(', ') || 'none';
    throw new StageError(`Expected one input of ${file}, got ${names}.`);
  }
  const { name, type, shape } = input;
  const layout = shape[1] === 3 ? ('NCHW' as const) : ('NHWC' as const);
  const [height, width] = layout === 'NCHW' ? shape.slice(2) : shape.slice(1);
  const isImage = shape.length === 4 && shape[layout === 'NCHW' ? 1 : 3] === 3;
  const got = `"${name}" of ${file} is [${shape.join(', ')}]`;
  if (type === dataType.float32 && isImage && height === width) {
    const size = typeof height === 'number' ? height : undefined;
    checkImageLimits(size, shape[0], got);
    return { layout, size };
  }
  const isFree = typeof height === 'string' && typeof width === 'string';
  if (type === dataType.float32 && isImage && isFree) return { layout, size: undefined };
  if (type === dataType.float16) {
    throw new StageError(
      `Expected images of float32, but "${name}" of ${file} is float16: export the network in float32 (in PyTorch: model.float() before the export).`,
    );
  }
  throw new StageError(
    `Expected square images of float32, [batch, 3, size, size] or [batch, size, size, 3], but ${got}.`,
  );
}

/**
 * Pixels a side. `origin` says what gave the size where the user did not write it. Throws a
 * {@link StageError} where the settings say another size than the file.
 */
export function imageSizeOf(
  { size, file }: OpenedGraph,
  given: number | undefined,
  origin?: string,
): number {
  if (size !== undefined && given !== undefined && size !== given) {
    const got = otherSize({ size, given, origin });
    throw new StageError(`Expected images of ${size} pixels a side, as ${file} takes them, ${got}`);
  }
  const chosen = size ?? given;
  if (chosen !== undefined) return chosen;
  throw new StageError(`Expected imageSize, which ${file} leaves free.`);
}

/** The network of a file as it is, up to its logits. */
export async function wholeNetwork(opened: OpenedGraph, imageSize: number): Promise<LayersModel> {
  const built = await buildWhole(opened, imageSize);
  const model = graphModel(built);
  fillWeights(model, opened.graph, built);
  return model;
}

/** The layers of {@link wholeNetwork}, without the numbers of their weights. */
export async function buildWhole(opened: OpenedGraph, imageSize: number): Promise<BuiltGraph> {
  const { graph, file } = opened;
  const tensor = beforeScores(graph, outputOf(opened));
  return await buildGraph(graph, { file, imageSize, tensor, dropout: seededDropout });
}

/**
 * The same network without the numbers of its weights, for those who only list its layers: up to
 * all outputs that it has.
 */
export async function unfilledNetwork(
  { graph, file }: OpenedGraph,
  imageSize: number,
): Promise<LayersModel> {
  const [tensor = '', ...also] = graph.outputs.map((output) => beforeScores(graph, output));
  const options = { file, imageSize, tensor, also, dropout: seededDropout };
  return graphModel(await buildGraph(graph, options));
}

function expectTensor({ graph, file }: OpenedGraph, tensor: string, setting: string): void {
  const tensors = graph.nodes.flatMap(({ outputs }) => outputs);
  if (tensors.includes(tensor)) return;
  throw new StageError(
    `Expected a tensor of ${file} in "${setting}", got "${tensor}". ${thereAre(tensor, tensors)}`,
  );
}

/** Which part of a file's network gives features, and for which images. */
export interface PartOptions {
  readonly imageSize: number;
  /** By default the one before the classifier. */
  readonly tensors?: readonly string[] | undefined;
  readonly setting: string;
  /** Whether it sees whole images of many sizes. */
  readonly isNative: boolean;
}

/** The network of a file up to some of its tensors, and the layers that give these. */
export async function networkUpTo(
  opened: OpenedGraph,
  options: PartOptions,
): Promise<{
  readonly model: LayersModel;
  readonly tensors: readonly string[];
  readonly layers: readonly string[];
}> {
  const { built, tensors } = await buildUpTo(opened, options);
  const model = graphModel(built);
  fillWeights(model, opened.graph, built);
  const symbols = [built.output, ...built.others.map(({ symbol }) => symbol)];
  return { model, tensors, layers: symbols.map(({ sourceLayer }) => sourceLayer.name) };
}

/** The layers of {@link networkUpTo}, without the numbers of their weights. */
export async function buildUpTo(
  opened: OpenedGraph,
  { imageSize, tensors, setting, isNative }: PartOptions,
): Promise<{ readonly built: BuiltGraph; readonly tensors: readonly string[] }> {
  const { graph, file } = opened;
  const names = tensors ?? [beforeClassifier(graph, outputOf(opened))];
  for (const name of names) expectTensor(opened, name, setting);
  const [tensor = '', ...also] = names;
  const options = { file, imageSize, tensor, also, dropout: seededDropout };
  const built = await buildGraph(graph, options);
  if (isNative) await expectAnySize(graph, options, built);
  return { built, tensors: names };
}

/** A tensor of a network. */
export interface PlacedTensor {
  readonly name: string;
  /** For one image in ONNX's order of axes: `[channels, height, width]`, or `[values]`. */
  readonly shape: readonly number[];
  readonly layout: BuiltGraph['layout'];
}

/**
 * Tensors of a file with their shapes for one image and their layouts. Throws a {@link StageError}
 * for one that the file does not have.
 */
export async function placedTensors(
  opened: OpenedGraph,
  names: readonly string[],
  imageSize: number,
): Promise<readonly PlacedTensor[]> {
  for (const name of names) expectTensor(opened, name, 'layers');
  const [tensor = '', ...also] = names;
  const options = { file: opened.file, imageSize, tensor, also, dropout: seededDropout };
  const { shape, layout, others } = await buildGraph(opened.graph, options);
  return [{ shape, layout }, ...others].map(({ shape, layout }, i) => ({
    name: names[i]!,
    shape,
    layout,
  }));
}

/** Which part of a file's network a head follows, and for which images. */
export interface BackboneOptions {
  readonly imageSize: number;
  /** The tensor that it ends with; the one before the classifier when left out. */
  readonly cut?: string | undefined;
  /** Whether it sees whole images of many sizes after a training on crops. */
  readonly isNative?: boolean;
  /** Whether BatchNorm is put back after convolutions that have none. */
  readonly restoresNorms?: boolean;
}

interface HeadOptions extends BackboneOptions {
  /**
   * The layers after it; when left out a dense layer, after the mean over places if there are any.
   */
  readonly head?: readonly LayerItem[] | undefined;
  /** Their names, in the order of the head's values. */
  readonly classes: readonly string[];
  readonly seed: number;
  /** Whether the head was fitted to the cut's values: its weights will be put in. */
  readonly isFitted?: boolean;
}

/** A network that begins with the weights of a file, and ends with a random head. */
export interface BackboneAndHead {
  readonly model: LayersModel;
  readonly parts: NetworkParts;
  readonly cut: string;
  readonly head: readonly LayerItem[];
  /** The layers of BatchNorm that were put back. */
  readonly restored: readonly string[];
}

/** Cuts the network of a file at a tensor, and puts a head there. */
export async function networkWithHead(
  opened: OpenedGraph,
  { head: given, classes, seed, isFitted = false, ...form }: HeadOptions,
): Promise<BackboneAndHead> {
  const reserved = namesIn(readLayers(given ?? usualHead([1, 1, 1], classes.length)));
  const { graph, norms, tensor, built } = await buildBackbone(opened, form, reserved);
  const shape = cutShape(built, tensor);
  const wanted = given ?? usualHead(shape, classes.length);
  // Features are rows of values, also where the tensor is a map of one pixel.
  const head: readonly LayerItem[] =
    isFitted && shape.length === 3 ? ['flatten', ...wanted] : wanted;
  const layers = readLayers(head);
  const [mistake] = scalingMistakes(plainLayersIn(layers));
  if (mistake !== undefined && !isFitted) {
    throw new StageError(`In "head": ${mistake.message}.`);
  }
  checkHead(layers, shape, classes);
  const outputs = applyLayers(layers, built.output);
  const model = tfjsModel({ name: 'graph', inputs: built.image, outputs });
  initialiseWeights(
    { layers: model.layers.filter((layer) => !(layer instanceof GraphLayer)) },
    seed,
  );
  fillWeights(model, graph, built);
  const restored = norms.map((name) => built.layerOf.get(name)!);
  return { model, parts: partsOf(model), cut: tensor, head, restored };
}

/**
 * The layers before a head, without the numbers of their weights. `reserved` are names of layers
 * of the head.
 */
export async function buildBackbone(
  opened: OpenedGraph,
  { imageSize, cut, isNative = false, restoresNorms = false }: BackboneOptions,
  reserved: readonly string[] = [],
) {
  const { file } = opened;
  const tensor = cut ?? beforeClassifier(opened.graph, outputOf(opened));
  expectTensor(opened, tensor, 'cut');
  const { graph, norms } = graphFor(opened, tensor, restoresNorms);
  const options = { file, imageSize, tensor, reserved, dropout: seededDropout };
  const built = await buildGraph(graph, options);
  if (isNative) await expectAnySize(graph, options, built);
  return { graph, norms, tensor, built };
}

/** Throws a {@link StageError} where BatchNorm is to be restored, but no convolution lacks it. */
function graphFor(
  { graph, file }: OpenedGraph,
  tensor: string,
  restoresNorms: boolean,
): ReturnType<typeof withNorms> {
  if (!restoresNorms) return { graph, norms: [] };
  const restored = withNorms(graph, tensor);
  if (restored.norms.length > 0) return restored;
  throw new StageError(
    `Expected convolutions without BatchNorm before "${tensor}" of ${file} for batchNorm: restored, got none.`,
  );
}

/**
 * Throws a {@link StageError} where a network computes otherwise with images of another size: a
 * reshape to a fixed size, for instance.
 */
async function expectAnySize(
  graph: OnnxGraph,
  options: Parameters<typeof buildGraph>[1],
  built: BuiltGraph,
): Promise<void> {
  const { file } = options;
  // A feature map of at least one more pixel behind strides of 32 in all.
  const imageSize = options.imageSize + 33;
  const advice = instead;
  const building = buildGraph(graph, { ...options, imageSize, advice });
  const larger = await building.catch((error: unknown) => {
    if (!(error instanceof StageError)) throw error;
    const size = `${imageSize} pixels a side`;
    throw new StageError(`${nativeNeeds}. With images of ${size}: ${error.message}`);
  });
  const model = graphModel(larger);
  const forms = formsOf(model);
  model.dispose();
  for (const [name, form] of formsOf(graphModel(built))) {
    if (forms.get(name) === form) continue;
    throw new StageError(
      `${nativeNeeds}, but "${name}" of ${file} depends on the size. ${instead}`,
    );
  }
}

const instead = 'Resize the images instead, or cut the network before it.';
const nativeNeeds =
  'Expected a network that takes images of every size for scale: native, which resizes none';

/** How each layer computes, as a text, without the shape that it gives. */
const formsOf = ({ layers }: LayersModel): ReadonlyMap<string, string> =>
  new Map(
    layers.flatMap((layer) =>
      layer instanceof GraphLayer
        ? [
            [
              layer.name,
              JSON.stringify(layer.form, (key, value) => (key === 'output' ? null : value)),
            ],
          ]
        : [],
    ),
  );

/** What a head takes: images with their channels last, or values. */
function cutShape({ shape, layout }: BuiltGraph, tensor: string): Shape {
  const [first, height, width] = shape as readonly [number, number, number];
  if (shape.length === 1) return [first];
  if (shape.length === 3 && layout === 'channelsLast') return [height, width, first];
  throw new StageError(
    `Expected a tensor of values or of feature maps before the head, but "${tensor}" has ${shape.join(' x ')} of each image: name another in "cut".`,
  );
}

const usualHead = (shape: Shape, classes: number): readonly LayerItem[] => [
  ...(shape.length === 3 ? (['globalAveragePool'] as const) : []),
  { dense: classes, name: 'logits' },
];

const namesIn = (layers: readonly Layer[]): readonly string[] =>
  layers.flatMap((layer) =>
    isBlock(layer)
      ? [layer.name, joinName(layer), ...pathsOf(layer).flatMap(namesIn)]
      : [layer.name],
  );

function checkHead(layers: readonly Layer[], shape: Shape, classes: readonly string[]): void {
  const traced = traceLayers(layers, shape);
  if (!traced.ok) {
    throw new StageError(`Expected a head for ${showShape(shape)}, but ${traced.error.message}.`);
  }
  const end = traced.value.at(-1)!.output;
  if (end.length === 1 && end[0] === classes.length) return;
  throw new StageError(
    `Expected a head that ends with ${classes.length} values, for the classes ${formatFew(classes, 5)}, but it ends with ${showShape(end)}.`,
  );
}

/** The layers of a model with weights of a file, by their names and those of their parameters. */
export function partsOf({ layers }: Pick<LayersModel, 'layers'>): NetworkParts {
  const byName = new Map<string, string[]>();
  const backbone: string[] = [];
  const add = (name: string, layer: string) =>
    byName.set(name, [...new Set([...(byName.get(name) ?? []), layer])]);
  for (const layer of layers) {
    const learning = layer.weights.filter(({ originalName }) => isLearnable(originalName));
    if (learning.length === 0) {
      byName.set(layer.name, byName.get(layer.name) ?? []);
      continue;
    }
    add(layer.name, layer.name);
    if (!(layer instanceof GraphLayer)) continue;
    backbone.push(layer.name);
    for (const { parameter } of layer.form.weights) add(parameter, layer.name);
  }
  const norms = layers.filter(isNormalisation).map(({ name }) => name);
  return { byName, backbone, norms };
}
