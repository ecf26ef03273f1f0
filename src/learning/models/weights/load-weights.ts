import { type LayersModel, tensor, tidy } from '@tensorflow/tfjs';
import { StageError } from '../../../stage.ts';
import type { Net } from '../layers/layer.ts';
import { backbone, weightedLayers } from '../layers/net-parts.ts';
import { traceLayers } from '../layers/trace-net.ts';
import { type Naming, type NetWeight, namings, netWeights } from './net-weights.ts';
import {
  checkVariance,
  readFinite,
  type StoredTensor,
  type StoredWeights,
} from './weight-files.ts';

type BuiltNet = { readonly net: Net; readonly imageSize: number };

/**
 * Puts the weights of a file into the model that `buildNet` made for images of this size. Layers of
 * the head may be missing or have another shape; any other weight must fit: otherwise a
 * {@link StageError} names the first, and the model must not be used. Returns, among others, the
 * `layers` that got weights, those of the head that stay `random`, each with the reason, and the
 * `unused` tensors.
 */
export function loadWeights(
  model: LayersModel,
  { net, imageSize }: BuiltNet,
  stored: StoredWeights,
) {
  const traced = traceLayers(net.layers, [imageSize, imageSize, 3]);
  if (!traced.ok)
    throw new Error(
      `Internal error: the network ${net.name} was not checked: ${traced.error.message}`,
    );
  const weights = netWeights(traced.value);
  const head = headOf(net);
  const names = [...stored.tensors.keys()];
  const naming = recognise(weights, names);
  const fitted = new Map<string, readonly Match[]>();
  const random: string[] = [];
  const used = new Set<string>();
  for (const layer of new Set(weights.map(({ layer }) => layer))) {
    const matches = weights
      .filter((weight) => weight.layer === layer)
      .map((weight) => find(weight, naming, stored, names));
    const problem = matches.find((match) => 'problem' in match)?.problem;
    if (problem === undefined) {
      fitted.set(layer.name, matches);
      for (const { tensor } of matches) used.add(tensor!.name);
    } else if (head.has(layer.name)) random.push(`${layer.name} (${problem})`);
    else throw new StageError(inFile(problem, stored, used));
  }
  if (used.size === 0)
    throw new StageError(inFile(`expected weights of ${[...head].join(', ')}`, stored, used));
  for (const [name, matches] of fitted) {
    const layer = model.getLayer(name);
    const values = matches.map(({ weight, tensor }) => {
      const numbers = readFinite(stored.path, tensor!);
      if (weight!.name === 'moving_variance') checkVariance(stored.path, tensor!, numbers);
      return naming.toTfjs(weight!, numbers);
    });
    tidy(() =>
      layer.setWeights(layer.weights.map(({ shape }, i) => tensor(values[i]!, shape as number[]))),
    );
  }
  const layers = [...fitted.keys()];
  const unused = names.filter((tensor) => !used.has(tensor));
  return { layers, random, unused, naming: naming.name, normalise: naming.normalise };
}

/** The names of the layers after the backbone. */
function headOf({ layers }: Net): ReadonlySet<string> {
  const before = new Set(weightedLayers(backbone(layers)));
  return new Set(weightedLayers(layers).filter((name) => !before.has(name)));
}

function recognise(weights: readonly NetWeight[], names: readonly string[]): Naming {
  const there = new Set(names);
  const matchCounts = namings.map(
    ({ nameOf }) => weights.filter((weight) => there.has(nameOf(weight, names))).length,
  );
  return namings[matchCounts.indexOf(Math.max(...matchCounts))]!;
}

type Match =
  | { readonly weight: NetWeight; readonly tensor: StoredTensor; readonly problem?: never }
  | { readonly problem: string; readonly weight?: never; readonly tensor?: never };

function find(
  weight: NetWeight,
  naming: Naming,
  { tensors }: StoredWeights,
  names: readonly string[],
): Match {
  const name = naming.nameOf(weight, names);
  const expected = naming.shapeOf(weight).join(' x ');
  const tensor = tensors.get(name) ?? factorOfOne(weight, naming, tensors, names);
  if (tensor === undefined)
    return { problem: `expected ${name} of ${expected}, got no tensor of that name` };
  const got = tensor.shape.join(' x ') || 'one number';
  return got === expected
    ? { weight, tensor }
    : { problem: `expected ${name} of ${expected}, got ${got}` };
}

/** Keras leaves out the factor of a BatchNorm that has none (`scale=False`): it is 1. */
function factorOfOne(
  weight: NetWeight,
  naming: Naming,
  tensors: ReadonlyMap<string, StoredTensor>,
  names: readonly string[],
): StoredTensor | undefined {
  if (weight.layer.kind !== 'batchNorm' || weight.name !== 'gamma') return undefined;
  const summand = tensors.get(naming.nameOf({ ...weight, name: 'beta' }, names));
  return summand && { ...summand, read: () => new Float32Array(weight.shape[0]!).fill(1) };
}

/**
 * A problem with the file's path; where nothing fitted before it, with some of the file's names.
 */
function inFile(
  problem: string,
  { path, tensors }: StoredWeights,
  used: ReadonlySet<string>,
): string {
  const contents = used.size > 0 ? '' : `; it ${describeNames([...tensors.keys()])}`;
  return `${problem[0]!.toUpperCase()}${problem.slice(1)} in ${path}${contents}.`;
}

const describeNames = (names: readonly string[]): string =>
  names.length === 0 ? 'holds none' : `begins with ${names.slice(0, 3).join(', ')}`;
