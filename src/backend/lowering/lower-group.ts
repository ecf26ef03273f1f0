import { sizeOf } from '../dtype.ts';
import type { TraceNode, TraceValue } from '../trace.ts';
import { blockCount, type ElementwiseEmit, type ElementwiseGroup } from './elementwise-groups.ts';
import type { Lowering, Representation } from './lower.ts';
import { blocksOf, labelOf } from './node-label.ts';

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
    const emit = node.elementwise as ElementwiseEmit;
    inside.set(
      node.outputs[0] as TraceValue,
      body.labelled(labelOf(node), () => emit(body, names)),
    );
  }
  const results = group.members
    .map((node) => node.outputs[0] as TraceValue)
    .filter((value) => value.alive || lowering.readersOf(value).some((reader) => !members.has(reader)));
  for (const value of results) body.output(inside.get(value) as string, 'float32', [length]);
  const attributes = { num_scan_inputs: scanned.length, body: { graph: body.finish() } };
  const names = lowering.graph.labelled(blocksOf(group.members[0] as TraceNode), () =>
    lowering.graph.nodes('Scan', scanned, results.length, { attributes }),
  );
  return new Map(results.map((value, i) => [value, { blocks: names[i] as string, count }]));
}
