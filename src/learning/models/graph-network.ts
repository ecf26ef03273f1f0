import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type LayersModel, model as tfjsModel } from '@tensorflow/tfjs';
import { StageError } from '../../stage.ts';
import { thereAre } from '../../suggest.ts';
import { applyLayers } from './build-net.ts';
import { type BuiltGraph, buildGraph, fillWeights, graphModel } from './graph/build-graph.ts';
import { beforeClassifier, beforeScores } from './graph/classifier.ts';
import { dataType, type OnnxGraph, readOnnxGraph } from './graph/file/onnx-graph.ts';
import { GraphLayer, isNormalisation } from './graph/graph-layer.ts';
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
import { seededDropout } from './seeded-dropout.ts';

/** An ONNX file whose nodes become layers. */
export interface OpenedGraph {
  readonly graph: OnnxGraph;
  /** Its name, for messages. */
  readonly file: string;
  /** SHA-256 of its bytes. */
  readonly digest: string;
  readonly output: string;
  /** Pixels a side that it takes; undefined where it leaves them free. */
  readonly size: number | undefined;
  readonly layout: 'NCHW' | 'NHWC';
}

/** Opens a file, or the only one of a folder. Throws a {@link StageError} for one of another form. */
export function openGraph(source: string): OpenedGraph {
  const path = statSync(source).isDirectory() ? onlyFile(source) : source;
  const file = fileName(path);
  const bytes = readFileSync(path);
  const graph = readOnnxGraph(bytes, file);
  const digest = createHash('sha256').update(bytes).digest('hex');
  return { graph, file, digest, output: outputOf(graph, file), ...imageOf(graph, file) };
}

function onlyFile(folder: string): string {
  const names = readdirSync(folder).filter((name) => name.endsWith('.onnx'));
  if (names.length === 1) return join(folder, names[0]!);
  throw new StageError(
    `Expected one ONNX file in the folder ${folder}, got ${names.sort().join(', ') || 'none'}.`,
  );
}

function outputOf({ outputs }: OnnxGraph, file: string): string {
  if (outputs.length === 1) return outputs[0]!;
  if (outputs.includes('logits')) return 'logits';
  throw new StageError(
    `Expected one output of ${file}, or one called logits, got ${outputs.join(', ') || 'none'}. Export the network with the output of its classifier alone, or call that one logits (in PyTorch: output_names).`,
  );
}

function imageOf({ inputs }: OnnxGraph, file: string) {
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

/** Pixels a side. Throws a {@link StageError} where the settings say another size than the file. */
export function imageSizeOf({ size, file }: OpenedGraph, given: number | undefined): number {
  if (size !== undefined && given !== undefined && size !== given) {
    throw new StageError(
      `Expected images of ${size} pixels a side, as ${file} takes them, got imageSize ${given}.`,
    );
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

/** The same network without the numbers of its weights, for those who only list its layers. */
export const unfilledNetwork = async (
  opened: OpenedGraph,
  imageSize: number,
): Promise<LayersModel> => graphModel(await buildWhole(opened, imageSize));

function buildWhole({ graph, file, output }: OpenedGraph, imageSize: number): Promise<BuiltGraph> {
  const tensor = beforeScores(graph, output);
  return buildGraph(graph, { file, imageSize, tensor, dropout: seededDropout });
}

interface HeadOptions {
  readonly imageSize: number;
  /** The tensor that the backbone ends with; the one before the classifier when left out. */
  readonly cut?: string | undefined;
  /** The layers after it; when left out a dense layer, after the mean over places if there are any. */
  readonly head?: readonly LayerItem[] | undefined;
  readonly classes: number;
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
}

/** Cuts the network of a file at a tensor, and puts a head there. */
export async function networkWithHead(
  opened: OpenedGraph,
  { imageSize, cut, head: given, classes, seed, isFitted = false }: HeadOptions,
): Promise<BackboneAndHead> {
  const { graph, file, output } = opened;
  const tensor = cut ?? beforeClassifier(graph, output);
  const tensors = graph.nodes.flatMap(({ outputs }) => outputs);
  if (!tensors.includes(tensor)) {
    throw new StageError(
      `Expected a tensor of ${file} in "cut", got "${tensor}". ${thereAre(tensor, tensors)}`,
    );
  }
  const reserved = namesIn(readLayers(given ?? usualHead([1, 1, 1], classes)));
  const options = { file, imageSize, tensor, reserved, dropout: seededDropout };
  const built = await buildGraph(graph, options);
  const shape = cutShape(built, tensor);
  const wanted = given ?? usualHead(shape, classes);
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
  return { model, parts: partsOf(model), cut: tensor, head };
}

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

function checkHead(layers: readonly Layer[], shape: Shape, classes: number): void {
  const traced = traceLayers(layers, shape);
  if (!traced.ok) {
    throw new StageError(`Expected a head for ${showShape(shape)}, but ${traced.error.message}.`);
  }
  const end = traced.value.at(-1)!.output;
  if (end.length === 1 && end[0] === classes) return;
  throw new StageError(
    `Expected a head that ends with ${classes} values, but it ends with ${showShape(end)}.`,
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
