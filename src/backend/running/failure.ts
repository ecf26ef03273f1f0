import type { TensorSpec } from '../lowering/kernel.ts';
import { messageOf } from '../packages/backend-error.ts';
import { bytesOf, type LiveTrace, peakMemory, type TraceNode } from '../trace/trace.ts';

/**
 * The error of a run, with its trace, since ONNX Runtime only knows its own operators. `usable` are
 * the bytes that this process may use.
 */
export function failure(error: unknown, live: LiveTrace, usable: number): Error {
  const reason = messageOf(error);
  const { nodes } = live;
  const trace = `${nodes.length} kernel${nodes.length === 1 ? '' : 's'} (${kernelCounts(nodes)})`;
  if (!isOutOfMemory(error))
    return new Error(`ONNX Runtime failed in a run of ${trace}: ${reason}`, { cause: error });
  return new Error(
    `Out of memory in a run of ${trace}, which holds about ${size(peakMemory(live))} at once where this process may use ` +
      `${size(usable)}: ${advice(batchOf(nodes))}. ${reason}`,
    { cause: error },
  );
}

/** The error of an array that there is no memory for. */
export function noRoom(spec: TensorSpec, cause: unknown): Error {
  const { shape, dtype } = spec;
  return new Error(
    `Out of memory: no room for ${dtype} [${shape.join(', ')}], ${size(bytesOf(spec))}.`,
    { cause },
  );
}

export function isOutOfMemory(error: unknown): boolean {
  return /bad_alloc|failed to allocate|array buffer allocation failed|out of memory/i.test(
    messageOf(error),
  );
}

function size(bytes: number): string {
  const mebibytes = bytes / 2 ** 20;
  return mebibytes < 1024 ? `${Math.ceil(mebibytes)} MiB` : `${(mebibytes / 1024).toFixed(1)} GiB`;
}

function advice(batch: number | undefined): string {
  if (batch === undefined) return 'try a smaller batch';
  if (batch > 1) return `try a batch of ${Math.floor(batch / 2)} instead of ${batch}`;
  return 'its batch is 1 already, so try smaller images or a smaller network';
}

/**
 * The length of the first axis of what the net is applied to: by its first operation on images,
 * else on vectors.
 */
function batchOf(nodes: readonly TraceNode[]): number | undefined {
  const first = [ON_IMAGES, /MatMul$/].map((names) =>
    nodes.find(({ kernel }) => names.test(kernel)),
  );
  return (first[0] ?? first[1])?.operands[0]?.shape[0];
}

/** Convolutions, also depthwise and fused ones, and their kind. */
const ON_IMAGES = /Conv2d|Pool|BatchNorm|Resize/i;

/** `Conv2D 3, Add 2, Relu`, in the order of first use. */
function kernelCounts(nodes: readonly TraceNode[]): string {
  const counts = new Map<string, number>();
  for (const { kernel } of nodes) counts.set(kernel, (counts.get(kernel) ?? 0) + 1);
  return [...counts]
    .map(([kernel, count]) => (count === 1 ? kernel : `${kernel} ${count}`))
    .join(', ');
}
