import { sizeOf } from './dtype.ts';
import type { GraphBuilder } from './graph-builder.ts';
import type { Lowering, Representation } from './lower.ts';
import type { TraceNode, TraceValue } from './trace.ts';

/**
 * Elementwise nodes over large arrays of one size that can run block by block: an optimizer's update of one weight.
 *
 * Node by node, each of an update's dozen operations streams the whole weight through memory. As the body of an ONNX
 * Scan over blocks that fit into the processor's cache, all of them together stream it once: Scan neither copies the
 * slices of its inputs nor those of its outputs.
 */
export interface ElementwiseGroup {
  readonly members: readonly TraceNode[];
  /** Elements of every array of the group. */
  readonly size: number;
}

/** Below this an array stays in cache from one operation to the next anyway. */
const SMALLEST = 1 << 19;
/** Elements of a block: a dozen such arrays fit into a few MiB of cache. */
const BLOCK = 1 << 16;
/** A chain this short saves less than its Scan costs. */
const FEWEST_NODES = 4;

/** The groups of a trace, by member. */
export function elementwiseGroups(nodes: readonly TraceNode[]): ReadonlyMap<TraceNode, ElementwiseGroup> {
  const drafts = new Map<TraceNode, Draft>();
  const reached = new Map<TraceValue, ReadonlySet<Draft>>();
  for (const node of nodes) {
    const before = node.operands.map(({ value }) => reached.get(value) ?? new Set<Draft>());
    const draft = isCandidate(node) ? joinGroup(node, drafts, before) : undefined;
    const after = draft === undefined ? new Set(before.flatMap((groups) => [...groups])) : new Set([draft]);
    for (const output of node.outputs) reached.set(output, after);
  }
  const groups = new Map<TraceNode, ElementwiseGroup>();
  for (const draft of new Set(drafts.values())) {
    if (draft.members.length >= FEWEST_NODES) for (const member of draft.members) groups.set(member, draft);
  }
  return groups;
}

interface Draft {
  readonly members: TraceNode[];
  readonly size: number;
  /** Groups that some member waits for. */
  readonly after: Set<Draft>;
}

function isCandidate(node: TraceNode): boolean {
  const output = node.outputs[0] as TraceValue;
  const size = sizeOf(output.shape);
  return (
    node.elementwise !== undefined &&
    // Images stay whole: cutting them would force the order of their axes.
    output.shape.length !== 4 &&
    size >= SMALLEST &&
    blockCount(size) !== undefined &&
    output.dtype === 'float32' &&
    node.operands.every(
      ({ value, shape }) => value.dtype === 'float32' && (sizeOf(shape) === size || sizeOf(shape) === 1),
    )
  );
}

/**
 * Puts the node into the group of one of its operands, or into a new one. A group must not wait for itself, even by way
 * of others: the node may join only if none of its operands outside of the group waits for the group.
 *
 * @param before for every operand the groups that it was computed from, or is in
 */
function joinGroup(node: TraceNode, drafts: Map<TraceNode, Draft>, before: readonly ReadonlySet<Draft>[]): Draft {
  const size = sizeOf((node.outputs[0] as TraceValue).shape);
  const own = node.operands.map(({ value }) =>
    value.data === undefined && value.producer !== undefined ? drafts.get(value.producer) : undefined,
  );
  const waitedFor = (group: Draft) => before.flatMap((groups, i) => (own[i] === group ? [] : [...groups]));
  const joined = own.find((group) => group?.size === size && !waitsFor(waitedFor(group), group));
  const draft = joined ?? { members: [], size, after: new Set() };
  for (const group of waitedFor(draft)) draft.after.add(group);
  draft.members.push(node);
  drafts.set(node, draft);
  return draft;
}

function waitsFor(groups: readonly Draft[], target: Draft): boolean {
  const seen = new Set<Draft>();
  const open = [...groups];
  for (let group = open.pop(); group !== undefined; group = open.pop()) {
    if (group === target) return true;
    if (seen.has(group)) continue;
    seen.add(group);
    open.push(...group.after);
  }
  return false;
}

/** Into how many equal blocks to cut an array of this size; undefined where no count near the wanted one divides it. */
function blockCount(size: number): number | undefined {
  const wanted = Math.ceil(size / BLOCK);
  for (let count = wanted; count <= wanted * 4; count++) if (size % count === 0) return count;
  return undefined;
}

/** Lowers a whole group to one Scan; gives the outputs that are read outside of it. */
export function lowerGroup(lowering: Lowering, group: ElementwiseGroup): Map<TraceValue, Representation> {
  const members = new Set(group.members);
  const count = blockCount(group.size) as number;
  const length = group.size / count;
  const body = lowering.graph.subgraph();
  const inside = new Map<TraceValue, string>();
  const scanned: string[] = [];
  for (const node of group.members) {
    const names = node.operands.map((operand) => {
      const known = inside.get(operand.value);
      if (known !== undefined) return known;
      // A number is read from the graph around the body.
      if (sizeOf(operand.shape) === 1) return lowering.logical({ value: operand.value, shape: [] });
      scanned.push(lowering.blocks(operand, count, length));
      const name = body.input('float32', [length]);
      inside.set(operand.value, name);
      return name;
    });
    inside.set(node.outputs[0] as TraceValue, (node.elementwise as ElementwiseEmit)(body, names));
  }
  const results = group.members
    .map((node) => node.outputs[0] as TraceValue)
    .filter((value) => value.alive || lowering.readersOf(value).some((reader) => !members.has(reader)));
  for (const value of results) body.output(inside.get(value) as string, 'float32', [length]);
  const names = lowering.graph.nodes('Scan', scanned, results.length, {
    attributes: { num_scan_inputs: scanned.length, body: { graph: body.finish() } },
  });
  return new Map(results.map((value, i) => [value, { blocks: names[i] as string, count }]));
}

/** Writes an elementwise operation on operands of one shape, or scalars; gives its result's name. */
export type ElementwiseEmit = (graph: GraphBuilder, names: readonly string[]) => string;
