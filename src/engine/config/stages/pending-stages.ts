import type { PendingStage, StageName } from '../pipeline.ts';
import { type Edge, postOrder } from '../post-order.ts';
import { child, isText } from '../yaml/node.ts';
import { hasUnknownValue } from './axis.ts';
import { type Instance, labelsOf } from './instances.ts';
import type { ResolvedStage } from './resolve-stage.ts';

/** The instances with a value that is not known yet, and all that need one. */
export function findPending(
  instances: readonly Instance[],
  edges: ReadonlyMap<StageName, readonly Edge[]>,
): ReadonlySet<StageName> {
  const pending = new Set<StageName>();
  for (const { name, axes } of instances) if (hasUnknownValue(axes)) pending.add(name);
  if (pending.size === 0) return pending;
  const next = (name: StageName) => (edges.get(name) ?? []).map(({ to }) => to);
  for (const name of postOrder(edges.keys(), next)) {
    if (next(name).some((source) => pending.has(source))) pending.add(name);
  }
  return pending;
}

/** What is known of a pending instance. */
export function pendingStage(
  { name, definition, node, axes }: Instance,
  { inputs, edges }: ResolvedStage,
): PendingStage {
  const values = [...axes.values()];
  const read = new Set(
    inputs.flatMap(({ items }) => items.flatMap((item) => ('stage' in item ? item.stage : []))),
  );
  const listedBy = new Set(values.flatMap(({ list }) => list?.stage ?? []));
  const needed = new Set(edges.map(({ to }) => to));
  const onDemand = child(node, 'onDemand');
  const placeNode = child(node, 'place');
  const place = isText(placeNode) && !placeNode.unresolved ? placeNode.value : undefined;
  const amountOf = (resource: string): number | undefined => {
    const amount = child(child(node, 'resources'), resource);
    return amount?.type === 'scalar' && typeof amount.value === 'number' ? amount.value : undefined;
  };
  const nodes = amountOf('nodes');
  return {
    name,
    kind: definition.kind?.spec.name ?? '',
    axes: labelsOf(axes),
    inputs,
    after: [...needed].filter((stage) => !read.has(stage) && !listedBy.has(stage)),
    listedBy: [...listedBy].filter((stage) => needed.has(stage)),
    awaited: values.flatMap(({ list, standsFor }) =>
      list === undefined || standsFor === undefined ? [] : [{ stage: list.stage, port: list.port }],
    ),
    onDemand: onDemand?.type === 'scalar' && onDemand.value === true,
    ...(place !== undefined && { place }),
    resources: { gpu: amountOf('gpu') ?? 0, ...(nodes !== undefined && { nodes }) },
    at: definition.at,
  };
}
