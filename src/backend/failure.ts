import type { LiveTrace } from './trace.ts';

/** The error of a run, with what was being run; ONNX Runtime only knows its own operators. */
export function failure(error: unknown, { nodes }: LiveTrace): Error {
  const said = error instanceof Error ? error.message : String(error);
  const trace = `${nodes.length} kernel${nodes.length === 1 ? '' : 's'} (${kernelCounts(nodes.map(({ kernel }) => kernel))})`;
  if (isOutOfMemory(said)) {
    return new Error(`Out of memory in a run of ${trace}: try a smaller batch. ONNX Runtime: ${said}`, {
      cause: error,
    });
  }
  return new Error(`ONNX Runtime failed in a run of ${trace}: ${said}`, { cause: error });
}

function isOutOfMemory(message: string): boolean {
  return /bad_alloc|failed to allocate|array buffer allocation failed|out of memory/i.test(message);
}

/** `Conv2D 3, Add 2, Relu`, in the order of first use. */
function kernelCounts(kernels: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const kernel of kernels) counts.set(kernel, (counts.get(kernel) ?? 0) + 1);
  return [...counts].map(([kernel, count]) => (count === 1 ? kernel : `${kernel} ${count}`)).join(', ');
}
