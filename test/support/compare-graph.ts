import { closeSync, openSync, readFileSync, readSync } from 'node:fs';
import { join } from 'node:path';
import {
  type LayersModel,
  losses,
  oneHot,
  type Scalar,
  type Tensor,
  tensor1d,
  tidy,
  type Variable,
  variableGrads,
} from '@tensorflow/tfjs';
import { findClassAttention } from '../../src/learning/attribution/attention-layers.ts';
import { attentionMaps } from '../../src/learning/attribution/attention-maps.ts';
import { type AttributionMap, resizeMap } from '../../src/learning/attribution/attribution-map.ts';
import { gradCam } from '../../src/learning/attribution/cam/cam-methods.ts';
import { viewLayer } from '../../src/learning/attribution/cam/layer-view.ts';
import { findMapLayer } from '../../src/learning/attribution/cam/map-layers.ts';
import type { AttentionMethod } from '../../src/learning/attribution/methods.ts';
import type { Question } from '../../src/learning/attribution/questions/question.ts';
import { GraphLayer } from '../../src/learning/models/graph/graph-layer.ts';
import { imageSizeOf, openGraph, wholeNetwork } from '../../src/learning/models/graph-network.ts';
import { inputOf, outputOf, readValues } from '../../src/learning/models/model-output.ts';
import { isSeededDropout } from '../../src/learning/models/seeded-dropout.ts';
import { permuteAxes } from '../../src/learning/models/weights/net-weights.ts';
import { assignValues } from '../../src/learning/training/model-weights.ts';
import { Optimizer } from '../../src/learning/training/optimizer.ts';
import { trainableWeights } from '../../src/learning/training/trainable-weights.ts';
import type { OptimizerSettings } from '../../src/learning/training/training-settings.ts';

import { Random } from '../../src/random.ts';

/** Where numbers lie in a file of float32. */
type Span = readonly [begin: number, end: number];
type Spans = Readonly<Record<string, Span>>;
interface State {
  /** The norm of the whole gradient. */
  readonly norm: number;
  readonly gradients: Spans;
  /** How far PyTorch's own gradients are from those that it computes in float64. */
  readonly noise?: number;
}

/** What `pytorch-architectures.py` writes of a network. */
interface Facts {
  readonly size: number;
  readonly parameters: number;
  readonly images: Span;
  readonly scores: Span;
  readonly evaluating: State;
  readonly training: State;
  readonly statistics: Spans;
  /** What dropout kept in training, 1, or dropped, 0: layer by layer. */
  readonly masks: readonly Span[];
  readonly sgd?: Spans;
  readonly adam?: Spans;
  /** Maps that explain a transformer: a value of each patch for each image. */
  readonly maps?: Readonly<Record<ComparedMethod, Span>>;
}

type ComparedMethod = AttentionMethod | 'grad-cam';

/** The largest differences from PyTorch. */
export interface Agreement {
  /** Pixels a side of the network's images. */
  readonly size: number;
  readonly parameters: number;
  readonly layers: number;
  /** Absolute, of scores; also of the file whose BatchNorm is folded. */
  readonly scores: number;
  readonly foldedScores: number;
  /** Relative to the whole gradient's norm, of the gradient by any number. */
  readonly gradients: number;
  /**
   * The same in training mode, where BatchNorm normalises by the batch, and dropout drops what
   * PyTorch's did.
   */
  readonly trainingGradients: number;
  /** How far PyTorch's are from its own in float64. */
  readonly noise: number;
  /** How far BatchNorm's moving statistics are after a step. */
  readonly statistics: number;
  /** How far weights are after one step. */
  readonly sgd?: number;
  /** The same, of weights whose gradient is above 1e-6 and has a certain sign. */
  readonly adam?: number;
  /** Maps that explain a transformer, relative to the largest value of each map. */
  readonly maps?: Readonly<Record<ComparedMethod, number>>;
  /** Why the network's attention cannot explain it. */
  readonly attentionMistake?: string;
}

/** Compares a network, its gradients and its first steps with PyTorch's. */
export async function compareWithPyTorch(folder: string, name: string): Promise<Agreement> {
  const facts = JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8')) as Facts;
  using numbers = new Numbers(join(folder, `${name}.f32`));
  const model = await open(folder, name, facts);
  const images = numbers.at(facts.images);
  const scores = numbers.at(facts.scores);
  const folded = await open(folder, `${name}-folded`, facts);
  const foldedScores = furthest(await outputOf(folded, images), scores);
  folded.dispose();
  const evaluated = await outputOf(model, images);
  const evaluating = await gradientsOf(model, images, false);
  const gradients = worst(facts.evaluating, evaluating, numbers);
  const sgd = { kind: 'sgd', learningRate: 0.01, momentum: 0 } as const;
  const adam = {
    kind: 'adam',
    learningRate: 0.001,
    beta1: 0.9,
    beta2: 0.999,
    epsilon: 1e-8,
  } as const;
  const all = () => () => true;
  // Elsewhere Adam's first step is the sign of rounding noise: on some processors a ReLU's input
  // that is nearly 0 makes PyTorch's own gradients differ by 1e-5 from those in float64.
  const least = Math.max(1e-6, 2 * gradients * facts.evaluating.norm);
  const certain = (parameter: string) => {
    const wanted = numbers.at(facts.evaluating.gradients[parameter]!);
    return (index: number) => Math.abs(wanted[index]!) > least;
  };
  const bySgd = facts.sgd && (await stepBy(model, images, sgd, facts.sgd, numbers, all));
  const byAdam = facts.adam && (await stepBy(model, images, adam, facts.adam, numbers, certain));
  const maps = facts.maps && (await compareMaps(model, images, facts.maps, numbers));
  const attention = findClassAttention(model);
  // Last, since the moving statistics of BatchNorm change.
  dropAs(
    model,
    facts.masks.map((span) => numbers.at(span)),
  );
  const training = await gradientsOf(model, images, true);
  const trainingGradients = worst(facts.training, training, numbers);
  const statistics = await furthestOf(model, facts.statistics, numbers);
  const layers = model.layers.length - 1;
  model.dispose();
  return {
    size: facts.size,
    parameters: facts.parameters,
    layers,
    scores: furthest(evaluated, scores),
    foldedScores,
    gradients,
    trainingGradients,
    noise: facts.training.noise!,
    statistics,
    ...(bySgd !== undefined && { sgd: bySgd }),
    ...(byAdam !== undefined && { adam: byAdam }),
    ...(maps !== undefined && { maps }),
    ...(!attention.ok && { attentionMistake: attention.error }),
  };
}

/** Lets the dropout of the next training step drop what these masks do. */
function dropAs(model: LayersModel, masks: readonly Float32Array[]): void {
  const drops = model.layers.filter(isSeededDropout).filter((layer) => layer.getConfig().rate > 0);
  if (drops.length !== masks.length) throw new Error(`${drops.length} layers drop`);
  for (const [i, layer] of drops.entries()) layer.seed(new Replay(masks[i]!));
}

/** Draws the largest number for a 1, and the smallest for a 0. */
class Replay extends Random {
  readonly #mask: Float32Array;
  #next = 0;

  constructor(mask: Float32Array) {
    super();
    this.#mask = mask;
  }

  override float(): number {
    return this.#mask[this.#next++]! === 1 ? 1 - 2 ** -53 : 0;
  }
}

async function compareMaps(
  model: LayersModel,
  images: Float32Array,
  spans: Readonly<Record<ComparedMethod, Span>>,
  numbers: Numbers,
): Promise<Readonly<Record<ComparedMethod, number>>> {
  const [, size] = model.inputs[0]!.shape as [null, number];
  const count = images.length / (3 * size * size);
  const classes = Int32Array.from({ length: count }, (_, i) => i % 2);
  const question: Question = { images, classes, score: 'score', seeds: [...classes] };
  const { views } = await viewLayer(model, findMapLayer(model), question);
  const cams = views.map((view) => ({ ...view, values: gradCam(view) }));
  const grid = { height: cams[0]!.height, width: cams[0]!.width };
  const patches = grid.height * grid.width;
  const compare = (method: ComparedMethod, maps: readonly AttributionMap[]) => {
    const wanted = numbers.at(spans[method]);
    const differences = maps.map((map, i) => {
      const values = wanted.subarray(i * patches, (i + 1) * patches);
      const enlarged = resizeMap({ ...grid, values }, map).values;
      return furthest(map.values, enlarged) / Math.max(...values);
    });
    return Math.max(...differences);
  };
  const attended = async (method: AttentionMethod) =>
    compare(method, (await attentionMaps(model, question, method)).maps);
  return {
    'grad-cam': compare('grad-cam', cams),
    'attention-rollout': await attended('attention-rollout'),
    'gradient-attention': await attended('gradient-attention'),
  };
}

async function open(folder: string, name: string, { size }: Facts): Promise<LayersModel> {
  const opened = openGraph(join(folder, `${name}.onnx`));
  return await wholeNetwork(opened, imageSizeOf(opened, size));
}

/** Numbers of a file, read where they are needed. */
class Numbers {
  readonly #file: number;

  constructor(path: string) {
    this.#file = openSync(path, 'r');
  }

  at([begin, end]: Span): Float32Array {
    const numbers = new Float32Array(end - begin);
    const bytes = new Uint8Array(numbers.buffer);
    if (readSync(this.#file, bytes, 0, bytes.length, 4 * begin) < bytes.length)
      throw new Error('the file of numbers ends early');
    return numbers;
  }

  [Symbol.dispose](): void {
    closeSync(this.#file);
  }
}

/** Gradients of the mean cross-entropy, as the file has its parameters, by their names. */
async function gradientsOf(
  model: LayersModel,
  images: Float32Array,
  training: boolean,
): Promise<ReadonlyMap<string, Float32Array>> {
  const tensors = tidy(() => gradientTensors(model, images, training));
  const gradients = new Map<string, Float32Array>();
  for (const { parameter, variable, toFile } of parametersOf(model)) {
    const gradient = tensors[variable.name];
    if (gradient === undefined) continue;
    gradients.set(parameter, toFile(await gradient.data<'float32'>()));
  }
  for (const gradient of Object.values(tensors)) gradient.dispose();
  return gradients;
}

function gradientTensors(model: LayersModel, images: Float32Array, training: boolean) {
  const input = inputOf(model, images);
  const labels = Int32Array.from({ length: input.shape[0]! }, (_, i) => i % 2);
  return variableGrads(() => {
    const logits = model.apply(input, { training }) as Tensor;
    const targets = oneHot(tensor1d(labels, 'int32'), logits.shape[1]!);
    return losses.softmaxCrossEntropy(targets, logits) as Scalar;
  }, trainableWeights(model)).grads;
}

/** The weights of a model by their names in the file. */
function parametersOf(model: LayersModel) {
  const layers = model.layers.filter((layer) => layer instanceof GraphLayer);
  return layers.flatMap(({ form, variables }) =>
    form.weights.map(({ parameter, written, arrangement: { order, padded = written } }, i) => {
      const turned = order?.map((axis) => padded[axis]!) ?? [];
      const inverse = order?.map((_, axis) => order.indexOf(axis)) ?? [];
      const toFile = (values: Float32Array) =>
        order === undefined ? values.slice() : permuteAxes(values, turned, inverse);
      return { parameter, variable: variables[i]!.read() as Variable, toFile };
    }),
  );
}

/** The largest difference of gradients, all of which must be there. */
function worst(
  { norm, gradients }: State,
  actual: ReadonlyMap<string, Float32Array>,
  numbers: Numbers,
): number {
  const differences = Object.entries(gradients).map(([name, span]) => {
    const values = actual.get(name);
    if (values === undefined) throw new Error(`no gradient by ${name}`);
    return furthest(values, numbers.at(span)) / norm;
  });
  return Math.max(...differences);
}

function furthest(actual: Float32Array, wanted: Float32Array, where = (_: number) => true): number {
  if (actual.length !== wanted.length) return Number.POSITIVE_INFINITY;
  let most = 0;
  for (let i = 0; i < wanted.length; i++) {
    const apart = Math.abs(actual[i]! - wanted[i]!);
    if (where(i) && !(apart <= most)) most = apart;
  }
  return most;
}

async function furthestOf(model: LayersModel, spans: Spans, numbers: Numbers): Promise<number> {
  const differences = [0];
  for (const { parameter, variable, toFile } of parametersOf(model)) {
    const span = spans[parameter];
    if (span === undefined) continue;
    differences.push(furthest(toFile(await variable.data<'float32'>()), numbers.at(span)));
  }
  return Math.max(...differences);
}

/**
 * One step from the weights that the model has, which it has again afterwards. BatchNorm has its
 * statistics: gradients by a batch's own are too noisy to compare steps.
 */
async function stepBy(
  model: LayersModel,
  images: Float32Array,
  settings: OptimizerSettings,
  wanted: Spans,
  numbers: Numbers,
  counts: (parameter: string) => (index: number) => boolean,
): Promise<number> {
  const stepped = parametersOf(model).filter(({ parameter }) => wanted[parameter] !== undefined);
  const weights = stepped.map(({ variable }) => variable);
  const before = await readValues(weights);
  const optimizer = new Optimizer(settings, weights);
  tidy(() => optimizer.step(gradientTensors(model, images, false)));
  const differences: number[] = [];
  for (const { parameter, variable, toFile } of stepped) {
    const values = toFile(await variable.data<'float32'>());
    differences.push(furthest(values, numbers.at(wanted[parameter]!), counts(parameter)));
  }
  optimizer.dispose();
  assignValues(weights, before);
  return Math.max(...differences);
}
