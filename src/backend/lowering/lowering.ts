import {
  type CallLabel,
  type HostArray,
  type LiveTrace,
  type Operand,
  sameShape,
  sizeOf,
  type TraceNode,
  type TraceValue,
} from '../trace/trace.ts';
import {
  affineOfImage,
  type ChannelAffine,
  type ChannelProduct,
  writeAffine,
  writeProduct,
} from './channel-affine.ts';
import { GraphBuilder } from './graph-builder.ts';
import type { OnnxGraph } from './onnx-writer.ts';

/**
 * How a value stands in the ONNX graph: in tfjs's own order (`[batch, height, width, channels]` for
 * images), with its channels moved to axis 1, as ONNX's convolutions and poolings want them, or cut
 * into equal blocks (`[count, n]`). An image may stand folded, its even and odd rows and columns as
 * four groups of channels (an odd last one, which is zeros, left out). It may also stand as what it
 * is to be computed from, and never be written down.
 */
export type Representation =
  | Standing
  | { readonly blocks: { readonly name: string; readonly count: number } }
  | { readonly folded: string }
  | { readonly affine: ChannelAffine }
  | { readonly product: ChannelProduct };

/** Computed, in one of the two orders of axes. */
export type Standing = { readonly logical: string } | { readonly channelsFirst: string };

/** A result or a leaf of the graph: the bytes are the value's, the shape may be cut differently. */
export interface GraphEnd {
  readonly name: string;
  readonly shape: readonly number[];
}

/** The graph of a trace, its leaves and its results in the trace's order. */
export interface LoweredTrace {
  readonly graph: OnnxGraph;
  readonly leaves: readonly GraphEnd[];
  readonly results: readonly GraphEnd[];
}

/**
 * A max-pooling that was computed together with the convolution before it (kernels/folded-pool.ts).
 */
export interface FoldedPool {
  /** The convolved image before any ReLU, `[batch, 4 · channels, rows, columns]`. */
  readonly groups: string;
  /** Their maxima, `[batch, channels, rows, columns]`. */
  readonly maxima: string;
}

/**
 * Writes a node's ONNX nodes, and perhaps those of others with it; gives where the outputs then
 * stand.
 */
type WriteNode = (
  lowering: Lowering,
  node: TraceNode,
) => Iterable<readonly [TraceValue, Representation]>;

/** What a value is to be computed from. */
interface UncomputedForms {
  affine?: ChannelAffine;
  product?: ChannelProduct;
}

interface Forms extends UncomputedForms {
  logical?: string;
  channelsFirst?: string;
  blocks?: { readonly name: string; readonly count: number };
  folded?: string;
  /** Copies under other shapes, by order and shape. */
  readonly views: Map<string, string>;
}

/** What a lowering depends on beside the trace. */
export interface LoweringOptions {
  /**
   * Channels in a block of ONNX Runtime's blocked convolutions on this processor; 0 where it has
   * none.
   */
  readonly channelBlock: number;
  /** The leaves whose data becomes a part of the graph. */
  readonly constants?: ReadonlySet<TraceValue>;
}

/** The number that a node fills its output with; undefined for a node that does anything else. */
export function fillOf({ kernel, attributes }: TraceNode): number | undefined {
  return FILLS.has(kernel) ? (attributes['value'] as number) : undefined;
}

const FILLS: ReadonlySet<string> = new Set(['Fill', 'OnesLike', 'ZerosLike']);

/**
 * The beginning of the names of all that a call is lowered to: `Conv2D`, or
 * `backward/Conv2DBackpropFilter`. ONNX Runtime shows it in errors and profiles, and keeps it in
 * the names of most nodes that it makes of others.
 */
export function labelOf({ kernel, phase }: CallLabel): string {
  return phase === undefined ? kernel : `${phase}/${kernel}`;
}

/**
 * The state of one trace's lowering. Lowerings of kernels ask it for their operands in the order of
 * axes that suits them; conversions are written once, and only where needed. A node is lowered at
 * the latest when one of its outputs is asked for, so a kernel may look at the producer of its
 * operand and fuse it instead of asking for the operand.
 */
export class Lowering {
  readonly graph = new GraphBuilder();
  readonly channelBlock: number;
  /**
   * Names that a node's lowering leaves for its gradient's, such as whether a pooled image was
   * finite.
   */
  readonly notes = new Map<TraceNode, string>();
  /**
   * The means of images that are normalised with them, by the image's name, and images less their
   * means.
   */
  readonly means = new Map<string, string>();
  readonly centred = new Set<string>();
  /** The poolings that were computed with the convolution before them. */
  readonly foldedPools = new Map<TraceNode, FoldedPool>();
  readonly #trace: LiveTrace;
  readonly #forms = new Map<TraceValue, Forms>();
  readonly #readers = new Map<TraceValue, TraceNode[]>();
  readonly #write: WriteNode;
  readonly #leafNames: string[];
  readonly #constants: ReadonlySet<TraceValue>;

  constructor(trace: LiveTrace, options: LoweringOptions, write: WriteNode) {
    this.#trace = trace;
    this.#write = write;
    this.channelBlock = options.channelBlock;
    this.#constants = options.constants ?? new Set();
    this.#leafNames = trace.leaves.map((leaf) => {
      const logical = options.constants?.has(leaf)
        ? this.graph.array(leaf.dtype, leaf.shape, leaf.data as HostArray)
        : this.graph.input(leaf.dtype, leaf.shape);
      this.#forms.set(leaf, { logical, views: new Map() });
      return logical;
    });
    for (const node of trace.nodes) {
      for (const { value } of node.operands) {
        const readers = this.#readers.get(value);
        if (readers === undefined) this.#readers.set(value, [node]);
        else readers.push(node);
      }
    }
  }

  /** Lowers a node, unless it is already. */
  lower(node: TraceNode): void {
    if (this.#forms.has(node.outputs[0] as TraceValue)) return;
    this.writtenAs(node, () => {
      for (const [value, representation] of this.#write(this, node)) {
        this.#forms.set(value, { ...representation, views: new Map() });
      }
    });
  }

  /** The graph, once everything that its results wait for is lowered too. */
  finish(): LoweredTrace {
    const exported = new Set(this.#leafNames);
    const results = this.#trace.results.map((value) => this.#export(value, exported));
    const leaves = this.#trace.leaves.map((leaf, i) => ({
      name: this.#leafNames[i] as string,
      shape: leaf.shape,
    }));
    return { graph: this.graph.finish(), leaves, results };
  }

  /** The operand in tfjs's order of axes, in the shape it is read with. */
  logical(operand: Operand): string {
    const { value, shape } = operand;
    const forms = this.#formsOf(value);
    forms.logical ??= this.#toLogical(forms, value);
    if (sameShape(shape, value.shape)) return forms.logical;
    const name = forms.logical;
    return this.#view(forms, `logical ${shape}`, () => this.graph.reshape(name, shape));
  }

  /** A rank-4 operand as `[batch, channels, height, width]`. */
  channelsFirst(operand: Operand): string {
    const { value, shape } = operand;
    const forms = this.#formsOf(value);
    const isSameShape = sameShape(shape, value.shape);
    if (
      isSameShape &&
      (forms.channelsFirst ?? forms.affine ?? forms.product ?? forms.folded) !== undefined
    )
      return this.#image(forms, value);
    const name = this.#view(forms, `channels first ${shape}`, () => {
      const logical = this.logical(operand);
      const [batch, height, width, channels] = shape as [number, number, number, number];
      // With one channel, or one pixel, both orders are the same bytes.
      if (channels === 1 || height * width === 1)
        return this.graph.reshape(logical, [batch, channels, height, width]);
      return this.graph.transpose(logical, [0, 3, 1, 2]);
    });
    if (isSameShape) forms.channelsFirst = name;
    return name;
  }

  /** The operand cut into `count` equal blocks, `[count, size / count]`. */
  blocks(operand: Operand, count: number, length: number): string {
    const forms = this.#formsOf(operand.value);
    if (forms.blocks?.count === count) return forms.blocks.name;
    const logical = this.logical({ value: operand.value, shape: operand.value.shape });
    return this.#view(forms, `blocks ${count}`, () => this.graph.reshape(logical, [count, length]));
  }

  /**
   * Whether the operand is at hand with its channels first and would have to be transposed to be
   * read in tfjs's order.
   */
  standsChannelsFirst({ value, shape }: Operand): boolean {
    if (shape.length !== 4 || !sameShape(shape, value.shape)) return false;
    const forms = this.#formsOf(value);
    const image = forms.channelsFirst ?? forms.affine ?? forms.product ?? forms.folded;
    return image !== undefined && forms.logical === undefined;
  }

  /** Writes an operation on the order of axes that its operand stands in. */
  asItStands(operand: Operand, write: (name: string, channelsFirst: boolean) => string): Standing {
    if (this.standsChannelsFirst(operand))
      return { channelsFirst: write(this.channelsFirst(operand), true) };
    return { logical: write(this.logical(operand), false) };
  }

  /** The image as a sum of computed images; of itself alone if it is computed. */
  affine(operand: Operand): ChannelAffine {
    return this.uncomputed(operand).affine ?? affineOfImage(this.channelsFirst(operand));
  }

  /**
   * The sum of other images, or the product, that the operand stands for while it is not computed.
   */
  uncomputed({ value, shape }: Operand): UncomputedForms {
    const forms = this.#formsOf(value);
    return forms.channelsFirst === undefined && sameShape(shape, value.shape) ? forms : {};
  }

  /** The name of an operand in four groups of channels, where it stands so. */
  folded({ value, shape }: Operand): string | undefined {
    return sameShape(shape, value.shape) ? this.#formsOf(value).folded : undefined;
  }

  /**
   * Whether the operand is part of the graph; ONNX Runtime then lays it out for its operators when
   * it compiles them.
   */
  isConstant({ value }: Operand): boolean {
    return this.#constants.has(value);
  }

  /**
   * The node that computes the operand in this trace, if the operand is read in the shape in which
   * it was computed.
   */
  producerOf({ value, shape }: Operand): TraceNode | undefined {
    if (value.data !== undefined || !sameShape(shape, value.shape)) return undefined;
    return value.producer;
  }

  /** The nodes of this trace that read a value. */
  readersOf(value: TraceValue): readonly TraceNode[] {
    return this.#readers.get(value) ?? [];
  }

  /**
   * Whether the value is read once, by one node, and is not a result: then its reader may fuse its
   * producer.
   */
  isReadOnce(value: TraceValue): boolean {
    return !value.alive && this.readersOf(value).length === 1;
  }

  /** The number that an operand is filled with, where that is known. */
  filledWith({ value }: Operand): number | undefined {
    return value.data === undefined && value.producer !== undefined
      ? fillOf(value.producer)
      : undefined;
  }

  /** Writes under the label of a fused call, so that profiles count its work as its own. */
  writtenAs<T>(node: TraceNode, write: () => T): T {
    return this.graph.labelled(labelOf(node), write);
  }

  #formsOf(value: TraceValue): Forms {
    const known = this.#forms.get(value);
    if (known !== undefined) return known;
    if (value.producer === undefined)
      throw new Error('Internal error: a value of the trace has no producer.');
    this.lower(value.producer);
    return this.#forms.get(value) as Forms;
  }

  /** A rank-4 value with its channels first, written down if it is not yet. */
  #image(forms: Forms, value: TraceValue): string {
    const [batch, height, width, channels] = value.shape as [number, number, number, number];
    const moved = [batch, channels, height, width] as const;
    const { affine, product, folded } = forms;
    if (affine !== undefined) {
      forms.channelsFirst ??= this.#as(value, () => writeAffine(this.graph, affine, moved));
      if (affine.centred === true) this.centred.add(forms.channelsFirst);
    }
    if (product !== undefined)
      forms.channelsFirst ??= this.#as(value, () => writeProduct(this.graph, product, moved));
    if (folded !== undefined)
      forms.channelsFirst ??= this.#as(value, () => this.#unfolded(folded, height, width));
    return forms.channelsFirst as string;
  }

  /** Writes under the label of the call that computes the value. */
  #as(value: TraceValue, write: () => string): string {
    return value.producer === undefined ? write() : this.writtenAs(value.producer, write);
  }

  #unfolded(folded: string, height: number, width: number): string {
    const image = this.graph.node('DepthToSpace', [folded], { attributes: { blocksize: 2 } });
    if (height % 2 === 0 && width % 2 === 0) return image;
    return this.graph.node('Pad', [
      image,
      this.graph.ints([0, 0, 0, 0, 0, 0, height % 2, width % 2]),
    ]);
  }

  #toLogical(forms: Forms, value: TraceValue): string {
    if (forms.blocks !== undefined) return this.graph.reshape(forms.blocks.name, value.shape);
    return this.graph.transpose(this.#image(forms, value), [0, 2, 3, 1]);
  }

  #view(forms: Forms, key: string, make: () => string): string {
    const known = forms.views.get(key);
    if (known !== undefined) return known;
    const name = make();
    forms.views.set(key, name);
    return name;
  }

  #export(value: TraceValue, exported: Set<string>): GraphEnd {
    const { blocks, logical } = this.#formsOf(value);
    // Blocks are the same bytes in another shape: exported as they are, they need no copy.
    const cut = blocks !== undefined && logical === undefined;
    let name = cut
      ? blocks.name
      : this.#as(value, () => this.logical({ value, shape: value.shape }));
    const shape = cut ? [blocks.count, sizeOf(value.shape) / blocks.count] : value.shape;
    // A lowering may hand its operand on, and equal nodes are written once; a graph's outputs must
    // be distinct, and none of its inputs.
    while (exported.has(name)) name = this.#as(value, () => this.graph.node('Identity', [name]));
    exported.add(name);
    this.graph.output(name, value.dtype, shape);
    return { name, shape };
  }
}
