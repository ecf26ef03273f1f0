import { permuteAxes } from '../../weights/net-weights.ts';
import { readFinite, type StoredTensor as StoredWeight } from '../../weights/weight-files.ts';
import { sizeOf } from '../file/constants.ts';
import type { Attribute, GraphNode, StoredTensor } from '../file/onnx-graph.ts';
import { dataType } from '../file/tensor-values.ts';
import { Unsupported } from '../operators/operator.ts';

/** A tensor of a file of TensorFlow while its network is written in ONNX's operators. */
export type Value =
  | {
      readonly kind: 'value';
      /** Its name in ONNX. */
      readonly tensor: string;
      /** How many axes it has; undefined behind an operation that is not known here. */
      readonly rank: number | undefined;
      /**
       * Whether ONNX has it as `[batch, channels, height, width]`, where the file has channels
       * last. Convolutions and poolings need that; in memory nothing moves.
       */
      readonly isImage: boolean;
      /** How many numbers a list has, such as a shape. */
      readonly length?: number;
    }
  | { readonly kind: 'weight'; readonly weight: StoredWeight };

/** A value that is computed. */
export type Computed = Extract<Value, { kind: 'value' }>;

type Attributes = Readonly<Record<string, Attribute>>;

/** What a node of ONNX gives. */
interface Output {
  readonly tensor: string;
  readonly rank: number;
  readonly isImage?: boolean;
  readonly length?: number;
}

/** A value that is another one within a range. */
interface Clipped {
  readonly value: Computed;
  readonly least: number;
  readonly most: number;
}

/** From TensorFlow's order of an image's axes to ONNX's. */
const toImage = [0, 3, 1, 2];
const toWritten = [0, 2, 3, 1];
/** Where an axis of TensorFlow's order stands in ONNX's. */
const imageAxis = [0, 2, 3, 1];

/**
 * Writes the network of a file of TensorFlow in ONNX's operators, so that its layers, its
 * gradients, its listing and its export are those of an ONNX file.
 */
export class Translation {
  readonly nodes: GraphNode[] = [];
  readonly initializers = new Map<string, StoredTensor>();
  readonly #arrangements = new Map<string, string>();
  readonly #turned = new Map<string, Computed>();
  readonly #clipped = new Map<string, Clipped>();
  readonly #names: Set<string>;
  readonly path: string;

  /**
   * `reserved` are the names of the file's own tensors, which no intermediate one gets; `path` is
   * the file's, for messages.
   */
  constructor(reserved: Iterable<string>, path: string) {
    this.#names = new Set(reserved);
    this.path = path;
  }

  /** A node of one output. Intermediate ones have names of their own. */
  emit(
    operator: string,
    inputs: readonly string[],
    { tensor, rank, isImage = false, length }: Output,
    attributes: Attributes = {},
  ): Computed {
    const node = { name: tensor, operator, domain: '', inputs, outputs: [tensor] };
    this.nodes.push({ ...node, attributes: new Map(Object.entries(attributes)) });
    this.#names.add(tensor);
    return { kind: 'value', tensor, rank, isImage, ...(length !== undefined && { length }) };
  }

  /** A node that has no operator of ONNX: an error for those who need it. */
  emitUnknown(
    { name, operator, domain, inputs }: Omit<GraphNode, 'outputs' | 'attributes' | 'form'>,
    form: string | undefined,
  ): Computed {
    const node = { name, operator, domain, inputs, outputs: [name], attributes: new Map() };
    this.nodes.push({ ...node, ...(form !== undefined && { form }) });
    return { kind: 'value', tensor: name, rank: undefined, isImage: false };
  }

  /** A name for what lies between an operation and its output. */
  inner(stem: string, what: string): string {
    let name = `${stem}/${what}`;
    for (let number = 2; this.#names.has(name); number++) name = `${stem}/${what}_${number}`;
    this.#names.add(name);
    return name;
  }

  /** A list of integers, such as the axes of a reduction. */
  ints(values: readonly number[], stem: string): string {
    return this.#numbers(stem, dataType.int64, [values.length], values);
  }

  /** Numbers that do not learn. */
  floats(values: readonly number[], shape: readonly number[], stem: string): string {
    const stored = this.#stored(stem, dataType.float32, shape, values);
    // What a node gives is a constant, where numbers by themselves are weights.
    const tensor = this.inner(stem, 'constant');
    this.emit('Constant', [], { tensor, rank: shape.length }, { value: { tensor: stored } });
    return tensor;
  }

  /** A truth value. */
  flag(value: boolean, stem: string): string {
    return this.#numbers(stem, dataType.bool, [], [Number(value)]);
  }

  #numbers(stem: string, type: number, shape: readonly number[], values: readonly number[]) {
    const stored = this.#stored(stem, type, shape, values);
    this.initializers.set(stored.name, stored);
    return stored.name;
  }

  #stored(
    stem: string,
    type: number,
    shape: readonly number[],
    values: readonly number[],
  ): StoredTensor {
    return { name: this.inner(stem, 'numbers'), type, shape, read: () => values };
  }

  /**
   * A weight of the file under its own name, with its axes in another order after it has been given
   * another shape. Throws an {@link Unsupported} for one that two operations read in two ways.
   */
  weight(
    weight: StoredWeight,
    { shape = weight.shape, order }: { shape?: readonly number[]; order?: readonly number[] } = {},
  ): string {
    const { name } = weight;
    const arrangement = JSON.stringify([shape, order]);
    const before = this.#arrangements.get(name);
    if (before !== undefined && before !== arrangement) {
      throw new Unsupported(`the weight "${name}" twice, which does not train here`);
    }
    this.#arrangements.set(name, arrangement);
    this.#names.add(name);
    const turned = order === undefined ? shape : order.map((axis) => shape[axis]!);
    this.initializers.set(name, {
      name,
      type: dataType.float32,
      shape: turned,
      read: () => {
        const values = readFinite(this.path, weight);
        return order === undefined ? values : permuteAxes(values, shape, order);
      },
    });
    return name;
  }

  /** Remembers that a value is another one within a range. */
  clipped(tensor: string, of: Clipped): void {
    this.#clipped.set(tensor, of);
  }

  /** What a value is, where it is another one within a range. */
  clippedBy(value: Computed): Clipped | undefined {
    return this.#clipped.get(value.tensor);
  }

  /** A value as an image, `[batch, channels, height, width]`. */
  image(value: Value): Computed {
    if (value.kind === 'weight') throw new Unsupported('a weight in place of an image');
    if (value.isImage) return value;
    if (rankOf(value) !== 4) throw new Unsupported(`an input of ${value.rank} axes`);
    return this.#turn(value, toImage, true);
  }

  /** A value with its axes in the file's order. */
  written(value: Value): Computed {
    if (value.kind === 'weight') {
      const tensor = this.weight(value.weight);
      return { kind: 'value', tensor, rank: value.weight.shape.length, isImage: false };
    }
    rankOf(value);
    return value.isImage ? this.#turn(value, toWritten, false) : value;
  }

  #turn(value: Computed, perm: readonly number[], isImage: boolean): Computed {
    const key = `${value.tensor} ${isImage}`;
    const tensor = this.#turned.get(key)?.tensor;
    if (tensor !== undefined) return this.#turned.get(key)!;
    const name = this.inner(value.tensor, isImage ? 'channels_first' : 'channels_last');
    const turned = this.emit(
      'Transpose',
      [value.tensor],
      { tensor: name, rank: 4, isImage },
      { perm },
    );
    this.#turned.set(key, turned);
    return turned;
  }

  /**
   * Values that an operation takes together, which broadcasts: as images if one of them is, unless
   * another has too few axes for that.
   */
  together(values: readonly Value[]): { inputs: string[]; rank: number; isImage: boolean } {
    const ranks = values.map(rankOf);
    const rank = Math.max(...ranks);
    const isImage =
      values.some((value) => value.kind === 'value' && value.isImage) &&
      values.every((value, i) => value.kind === 'weight' || ranks[i] === 4);
    if (!isImage) {
      return { inputs: values.map((value) => this.written(value).tensor), rank, isImage };
    }
    const inputs = values.map((value) => {
      if (value.kind === 'value') return this.image(value).tensor;
      const { weight } = value;
      if (sizeOf(weight.shape) === 1) return this.weight(weight, { shape: [] });
      const shape = [...Array<number>(4 - weight.shape.length).fill(1), ...weight.shape];
      return this.weight(weight, { shape, order: toImage });
    });
    return { inputs, rank, isImage };
  }
}

/** How many axes a value has. Throws an {@link Unsupported} where that is not known. */
export function rankOf(value: Value | undefined): number {
  if (value === undefined) throw new Unsupported('an input too few');
  if (value.kind === 'weight') return value.weight.shape.length;
  if (value.rank !== undefined) return value.rank;
  throw new Unsupported('an input that is not known here');
}

/** More numbers than a setting has. */
const mostSettings = 1024;

/** The numbers of a weight that says how an operation works, such as the axes of a reduction. */
export function knownNumbers(value: Value | undefined): readonly number[] {
  if (value?.kind === 'weight' && sizeOf(value.weight.shape) <= mostSettings) {
    return Array.from(value.weight.read());
  }
  throw new Unsupported('a setting that depends on the image');
}

/** Axes of a value with channels last, as ONNX counts those of an image. */
export const imageAxes = (axes: readonly number[]): readonly number[] =>
  axes.map((axis) => imageAxis[axis < 0 ? axis + 4 : axis] ?? axis);
