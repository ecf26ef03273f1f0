import { StageError } from '../../../stage.ts';
import type { Normalization } from '../../vision/pixels-to-floats.ts';
import { type Naming, namings } from './namings.ts';
import type { NetWeight } from './net-weights.ts';
import { readFinite, type StoredTensor, type StoredWeights } from './stored-weights.ts';

/** What a file has for a network. */
export interface FittedWeights {
  /** Reads the values of a layer's weights in tfjs's order and layout, by the layer's name. */
  readonly layers: ReadonlyMap<string, () => readonly Float32Array[]>;
  /** Layers of the head that keep their random start, each with the reason: `logits (2048 x 2 expected, got 2048 x 1000)`. */
  readonly random: readonly string[];
  /** Tensors of the file that the network has no place for. */
  readonly unused: readonly string[];
  /** How the file's names are known. */
  readonly naming: Naming['name'];
  /** What images were to the network that the weights are of, where that is known. */
  readonly normalise?: Normalization;
}

/**
 * Finds a network's weights in a file. Layers of the head may be missing there, or be of another shape, since they are
 * for other classes; every other weight must be there as it is expected: otherwise a {@link StageError} names the first.
 */
export function fitWeights(
  weights: readonly NetWeight[],
  head: ReadonlySet<string>,
  stored: StoredWeights,
): FittedWeights {
  const names = [...stored.tensors.keys()];
  const naming = recognise(weights, names);
  const layers = new Map<string, () => readonly Float32Array[]>();
  const random: string[] = [];
  const used = new Set<string>();
  for (const layer of new Set(weights.map(({ layer }) => layer))) {
    const own = weights.filter((weight) => weight.layer === layer);
    const found = own.map((weight) => find(weight, naming, stored, names));
    const problem = found.find((one) => one.problem !== undefined)?.problem;
    if (problem !== undefined && !head.has(layer.name)) throw new StageError(inFile(problem, stored, used));
    if (problem !== undefined) {
      random.push(`${layer.name} (${problem})`);
      continue;
    }
    const tensors = found.flatMap((one) => ('tensor' in one ? [one] : []));
    for (const { tensor } of tensors) used.add(tensor.name);
    layers.set(layer.name, () =>
      tensors.map(({ weight, tensor }) => naming.toTfjs(weight, readFinite(stored.path, tensor))),
    );
  }
  if (used.size === 0) throw new StageError(inFile(`expected weights of ${[...head].join(', ')}`, stored, used));
  const { name, normalise } = naming;
  const unused = names.filter((tensor) => !used.has(tensor));
  return { layers, random, unused, naming: name, ...(normalise !== undefined && { normalise }) };
}

function recognise(weights: readonly NetWeight[], names: readonly string[]): Naming {
  const there = new Set(names);
  const found = namings.map(({ nameOf }) => weights.filter((weight) => there.has(nameOf(weight, names))).length);
  return namings[found.indexOf(Math.max(...found))]!;
}

type Found =
  | { readonly weight: NetWeight; readonly tensor: StoredTensor; readonly problem?: never }
  | { readonly problem: string };

function find(weight: NetWeight, naming: Naming, { tensors }: StoredWeights, names: readonly string[]): Found {
  const name = naming.nameOf(weight, names);
  const expected = naming.shapeOf(weight).join(' x ');
  const tensor = tensors.get(name);
  if (tensor === undefined) return { problem: `expected ${name} of ${expected}, got no tensor of that name` };
  const got = tensor.shape.join(' x ') || 'one number';
  return got === expected ? { weight, tensor } : { problem: `expected ${name} of ${expected}, got ${got}` };
}

/** With the file, and where nothing fitted before it with some of what the file has. */
function inFile(problem: string, { path, tensors }: StoredWeights, used: ReadonlySet<string>): string {
  const some = [...tensors.keys()].slice(0, 3).join(', ');
  const others = used.size > 0 ? '' : tensors.size === 0 ? '; it holds none' : `; it begins with ${some}`;
  return `${problem[0]!.toUpperCase()}${problem.slice(1)} in ${path}${others}.`;
}
