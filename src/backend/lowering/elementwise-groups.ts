import {
  type Operand,
  sameShape,
  sizeOf,
  type TraceNode,
  type TraceValue,
} from '../trace/trace.ts';
import { fillOf } from './lowering.ts';

/**
 * Elementwise nodes over large arrays of one size that can run block by block: an optimizer's
 * update of one weight.
 *
 * Node by node, each of an update's dozen operations streams the whole weight through memory. As
 * the body of an ONNX Scan over blocks that fit into the processor's cache, all of them together
 * stream it once: Scan neither copies the slices of its inputs nor those of its outputs.
 */
export interface ElementwiseGroup {
  readonly members: readonly TraceNode[];
  /** Elements of every array of the group. */
  readonly size: number;
  /** Whether its arrays are images, which may stand with their channels first. */
  readonly ofImages: boolean;
  /**
   * Nodes of other groups that this one computes again, from an array that it reads anyway: what
   * they gave need not be kept for it. The gradient of a swish does so with its sigmoid, that of a
   * GELU with its error function.
   */
  readonly again: ReadonlySet<TraceNode>;
}

/** A group that is being made. */
type OpenGroup = ElementwiseGroup & { readonly again: Set<TraceNode> };

/** Below this an array stays in cache from one operation to the next anyway. */
const SMALLEST = 1 << 19;
/** Elements of a block: a dozen such arrays fit into a few MiB of cache. */
const BLOCK = 1 << 16;
/** A chain this short saves less than its Scan costs. */
const FEWEST_NODES = 4;
/** Images are always read from memory, and written to it. */
const FEWEST_NODES_OF_IMAGES = 3;

/** The groups of a trace, by member. */
export function elementwiseGroups(
  nodes: readonly TraceNode[],
  isElementwise: (node: TraceNode) => boolean,
): ReadonlyMap<TraceNode, ElementwiseGroup> {
  const weights = weightsOf(nodes, isElementwise);
  const images = imageChains(nodes, isElementwise);
  const backward = new Set(nodes.slice(nodes.findIndex(isOfGradient)));
  const drafts = new Map<TraceNode, Draft>();
  const reached = new Map<TraceValue, ReadonlySet<Draft>>();
  for (const node of nodes) {
    const before = node.operands.map(({ value }) => reached.get(value) ?? new Set<Draft>());
    const joins = images.has(node) || (isElementwise(node) && suits(node, weights));
    // A mask that the gradient needs would be kept for it if it were computed with its image.
    const near = (producer: TraceNode) =>
      !images.has(node) || backward.has(producer) === backward.has(node);
    const draft = joins ? joinGroups(node, drafts, before, near) : undefined;
    const after =
      draft === undefined ? new Set(before.flatMap((groups) => [...groups])) : new Set([draft]);
    for (const output of node.outputs) reached.set(output, after);
  }
  return finished(nodes, drafts, images);
}

function finished(
  nodes: readonly TraceNode[],
  drafts: ReadonlyMap<TraceNode, Draft>,
  images: ReadonlySet<TraceNode>,
): Map<TraceNode, ElementwiseGroup> {
  const members = new Map<Draft, TraceNode[]>();
  for (const node of nodes) {
    const draft = drafts.get(node);
    if (draft === undefined) continue;
    const root = rootOf(draft);
    members.set(root, [...(members.get(root) ?? []), node]);
  }
  const groups = new Map<TraceNode, OpenGroup>();
  for (const [{ size }, nodes] of members) {
    const ofImages = nodes.some((node) => images.has(node));
    const group = { members: nodes, size, ofImages, again: new Set<TraceNode>() };
    const fewest = ofImages ? FEWEST_NODES_OF_IMAGES : FEWEST_NODES;
    if (nodes.length >= fewest) for (const node of nodes) groups.set(node, group);
  }
  findAgain(nodes, groups);
  return groups;
}

/**
 * Finds what groups compute again: chains of nodes of one array, from an array that the group reads
 * anyway, where nobody else needs what they gave.
 */
function findAgain(nodes: readonly TraceNode[], groups: ReadonlyMap<TraceNode, OpenGroup>): void {
  const readers = new Map<TraceValue, Set<TraceNode>>();
  for (const node of nodes)
    for (const { value } of node.operands)
      readers.set(value, (readers.get(value) ?? new Set()).add(node));
  const groupsReading = (value: TraceValue) =>
    new Set([...(readers.get(value) ?? [])].map((reader) => groups.get(reader)));
  /** The nodes by which a group can compute what a node of `home` gave; undefined: it cannot. */
  const chainTo = (
    node: TraceNode,
    home: OpenGroup,
    group: OpenGroup,
  ): readonly TraceNode[] | undefined => {
    const arrays = node.operands.filter(({ shape }) => sizeOf(shape) > 1);
    const [array] = arrays;
    if (array === undefined || arrays.length > 1) return undefined;
    if (groupsReading(array.value).has(group)) return [node];
    const { data, producer } = array.value;
    if (data !== undefined || producer === undefined || groups.get(producer) !== home)
      return undefined;
    const chain = chainTo(producer, home, group);
    return chain && [...chain, node];
  };
  for (const [node, home] of groups) {
    const [output] = node.outputs as [TraceValue];
    if (output.alive) continue;
    const others = [...groupsReading(output)].filter((group) => group !== home);
    const chains = others.map((group) =>
      group !== undefined && group.ofImages === home.ofImages && group.size === home.size
        ? chainTo(node, home, group)
        : undefined,
    );
    if (chains.includes(undefined)) continue;
    for (const [i, group] of others.entries())
      for (const link of chains[i]!) group!.again.add(link);
  }
}

/** Whether the arrays of an elementwise node can be cut into blocks, and are worth it. */
function suits(node: TraceNode, weights: ReadonlySet<TraceValue>): boolean {
  const output = node.outputs[0] as TraceValue;
  const size = sizeOf(output.shape);
  return (
    // Images stay whole: cutting them would force the order of their axes.
    (output.shape.length !== 4 ||
      node.operands.every(({ value }) => value.data !== undefined || weights.has(value))) &&
    size >= SMALLEST &&
    blockCount(size) !== undefined &&
    output.dtype === 'float32' &&
    node.operands.every(
      ({ value, shape }) =>
        value.dtype === 'float32' && (sizeOf(shape) === size || sizeOf(shape) === 1),
    )
  );
}

/**
 * The filters' gradients, and values computed only from these and from given values: never the
 * net's images.
 */
function weightsOf(
  nodes: readonly TraceNode[],
  isElementwise: (node: TraceNode) => boolean,
): ReadonlySet<TraceValue> {
  const weights = new Set<TraceValue>();
  for (const node of nodes) {
    const made =
      isElementwise(node) &&
      node.operands.every(({ value }) => value.data !== undefined || weights.has(value));
    if (made || node.kernel.endsWith('BackpropFilter'))
      for (const output of node.outputs) weights.add(output);
  }
  return weights;
}

/**
 * Elementwise nodes on whole images, in the trace of a gradient: activations and their gradients.
 * Left out are those of BatchNorm, which channel-affine.ts need not compute, and the steps of a
 * ReLU, which the product with them fuses. Without a gradient, ONNX Runtime fuses activations.
 */
function imageChains(
  nodes: readonly TraceNode[],
  isElementwise: (node: TraceNode) => boolean,
): ReadonlySet<TraceNode> {
  const chains = new Set<TraceNode>();
  if (!nodes.some(isOfGradient)) return chains;
  const waiting = new Set<TraceValue>();
  const waits = (operand: Operand, output: TraceValue) =>
    waiting.has(operand.value) ||
    isOfChannels(operand, output) ||
    producerOf(operand)?.kernel === 'Tile';
  for (const node of nodes) {
    const output = node.outputs[0] as TraceValue;
    if (!isElementwise(node) || output.shape.length !== 4) continue;
    if (node.kernel === 'Step' || node.operands.some((operand) => waits(operand, output)))
      waiting.add(output);
    else if (isWholeImages(node, output)) chains.add(node);
  }
  return chains;
}

const isOfGradient = ({ kernel }: TraceNode): boolean => kernel.includes('Backprop');

/** Whether an operand has one number for each channel of an image. */
function isOfChannels({ shape }: Operand, image: TraceValue): boolean {
  const channels = image.shape.at(-1);
  return !sameShape(shape, image.shape) && sizeOf(shape) === channels && shape.at(-1) === channels;
}

/** Whether the operands of a node are images of the size of its result, or numbers. */
function isWholeImages({ operands }: TraceNode, { shape, dtype }: TraceValue): boolean {
  const size = sizeOf(shape);
  return (
    size >= SMALLEST &&
    blockCount(size) !== undefined &&
    dtype !== 'int32' &&
    operands.every(
      (operand) =>
        operand.value.dtype !== 'int32' &&
        (sizeOf(operand.shape) === 1 ||
          (sameShape(operand.shape, shape) &&
            sameShape(operand.value.shape, shape) &&
            !isFilled(operand))),
    )
  );
}

const producerOf = ({ value }: Operand): TraceNode | undefined =>
  value.data === undefined ? value.producer : undefined;

function isFilled(operand: Operand): boolean {
  const producer = producerOf(operand);
  return producer !== undefined && fillOf(producer) !== undefined;
}

/** A group in the making. */
interface Draft {
  readonly size: number;
  /** Groups that some member waits for. */
  readonly after: Set<Draft>;
  /** The group that this one became part of. */
  mergedInto: Draft | undefined;
}

function rootOf(draft: Draft): Draft {
  let root = draft;
  while (root.mergedInto !== undefined) root = root.mergedInto;
  return root;
}

/**
 * Joins the node and the groups of its operands to one group. A group must not wait for itself, so
 * an operand's group only comes in where nothing outside of the joined group waits for it. `before`
 * has for every operand the groups that it was computed from, or is in; `near` says whether the
 * group of an operand's node comes in at all.
 */
function joinGroups(
  node: TraceNode,
  drafts: Map<TraceNode, Draft>,
  before: readonly ReadonlySet<Draft>[],
  near: (producer: TraceNode) => boolean,
): Draft {
  const size = sizeOf((node.outputs[0] as TraceValue).shape);
  const joined: Draft = { size, after: new Set(), mergedInto: undefined };
  const operandDrafts = node.operands.map(({ value }) => {
    const { producer } = value;
    const isJoinable = value.data === undefined && producer !== undefined && near(producer);
    const draft = isJoinable ? drafts.get(producer) : undefined;
    return draft?.size === size ? draft : undefined;
  });
  for (const [i, groups] of before.entries())
    if (operandDrafts[i] === undefined) for (const group of groups) joined.after.add(group);
  for (const draft of operandDrafts) {
    if (draft === undefined) continue;
    const group = rootOf(draft);
    if (group === joined) continue;
    if (waitsFor(joined, group) || waitsFor(group, joined)) joined.after.add(group);
    else {
      group.mergedInto = joined;
      for (const earlier of group.after) joined.after.add(earlier);
    }
  }
  drafts.set(node, joined);
  return joined;
}

function waitsFor(waiting: Draft, target: Draft): boolean {
  const seen = new Set<Draft>();
  const open = [...waiting.after];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const group = rootOf(next);
    if (group === target) return true;
    if (seen.has(group)) continue;
    seen.add(group);
    open.push(...group.after);
  }
  return false;
}

/**
 * Into how many equal blocks to cut an array of this size; undefined where no count near the wanted
 * one divides it.
 */
export function blockCount(size: number): number | undefined {
  const wanted = Math.ceil(size / BLOCK);
  for (let count = wanted; count <= wanted * 4; count++) if (size % count === 0) return count;
  return undefined;
}
