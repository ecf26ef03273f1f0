import {
  type LiveTrace,
  type Operand,
  sizeOf,
  type TraceNode,
  type TraceValue,
} from '../trace/trace.ts';
import { blockCount, type ElementwiseGroup, elementwiseGroups } from './elementwise-groups.ts';
import type { Kernel } from './kernel.ts';
import {
  type LoweredTrace,
  Lowering,
  type LoweringOptions,
  labelOf,
  type Representation,
} from './lowering.ts';

type Kernels = ReadonlyMap<string, Kernel>;

/**
 * Lowers the live part of a trace to one ONNX graph. The table of kernels, by name, has every
 * kernel of the trace.
 */
export function lowerTrace(
  trace: LiveTrace,
  kernels: Kernels,
  options: LoweringOptions,
): LoweredTrace {
  const kernelOf = ({ kernel }: TraceNode) => kernels.get(kernel) as Kernel;
  const groups = elementwiseGroups(trace.nodes, (node) => kernelOf(node).elementwise !== undefined);
  const lowering = new Lowering(trace, options, (lowering, node) => {
    const group = groups.get(node);
    if (group !== undefined) return lowerGroup(lowering, group, { groups, kernels });
    const representations = [kernelOf(node).lower!(lowering, node)].flat();
    return node.outputs.map((output, i) => [output, representations[i] as Representation]);
  });
  for (const node of trace.nodes)
    if (!kernelOf(node).deferred && !groups.has(node)) lowering.lower(node);
  return lowering.finish();
}

interface GroupTables {
  readonly groups: ReadonlyMap<TraceNode, ElementwiseGroup>;
  readonly kernels: Kernels;
}

/** Lowers a whole group to one Scan; gives the outputs that are read outside of it. */
function lowerGroup(
  lowering: Lowering,
  group: ElementwiseGroup,
  { groups, kernels }: GroupTables,
): [TraceValue, Representation][] {
  const members = new Set(group.members);
  const count = blockCount(group.size) as number;
  const length = group.size / count;
  const channelsFirst =
    group.ofImages &&
    group.members.some(({ operands }) =>
      operands.some(
        (operand) => !isMade(operand.value, members) && lowering.standsChannelsFirst(operand),
      ),
    );
  const body = lowering.graph.subgraph();
  const inside = new Map<TraceValue, string>();
  const scanned: string[] = [];
  const nameOf = (operand: Operand): string => {
    const known = inside.get(operand.value);
    if (known !== undefined) return known;
    // A number is read from the graph around the body.
    if (sizeOf(operand.shape) === 1) return lowering.logical({ value: operand.value, shape: [] });
    const { data, producer } = operand.value;
    if (data === undefined && producer !== undefined && group.again.has(producer))
      return compute(producer);
    const { graph } = lowering;
    const blocks = channelsFirst
      ? graph.reshape(lowering.channelsFirst(operand), [count, length])
      : lowering.blocks(operand, count, length);
    scanned.push(blocks);
    const name = body.input(operand.value.dtype, [length]);
    inside.set(operand.value, name);
    return name;
  };
  const compute = (node: TraceNode): string => {
    const names = node.operands.map(nameOf);
    const { elementwise } = kernels.get(node.kernel)!;
    const name = body.labelled(labelOf(node), () => elementwise!(body, names, node.attributes));
    inside.set(node.outputs[0] as TraceValue, name);
    return name;
  };
  for (const node of group.members) compute(node);
  const isReadLater = (node: TraceNode) => (reader: TraceNode) =>
    !members.has(reader) && groups.get(reader)?.again.has(node) !== true;
  const results = group.members.flatMap((node) => {
    const value = node.outputs[0] as TraceValue;
    return value.alive || lowering.readersOf(value).some(isReadLater(node)) ? [value] : [];
  });
  for (const value of results) body.output(inside.get(value) as string, value.dtype, [length]);
  const attributes = { num_scan_inputs: scanned.length, body: { graph: body.finish() } };
  const loop = { ...(group.members[0] as TraceNode), kernel: '(blocks)' };
  const names = lowering.graph.labelled(labelOf(loop), () =>
    lowering.graph.nodes('Scan', scanned, results.length, { attributes }),
  );
  return results.map((value, i) => {
    const name = names[i] as string;
    if (!channelsFirst) return [value, { blocks: { name, count } }];
    const [batch, height, width, channels] = value.shape as [number, number, number, number];
    const image = lowering.graph.reshape(name, [batch, channels, height, width]);
    return [value, { channelsFirst: image }];
  });
}

const isMade = ({ data, producer }: TraceValue, members: ReadonlySet<TraceNode>): boolean =>
  data === undefined && producer !== undefined && members.has(producer);
