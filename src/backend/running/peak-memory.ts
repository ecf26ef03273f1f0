import { bytesPerElement, sizeOf } from '../dtype.ts';
import type { LiveTrace, TraceValue } from '../trace.ts';

/**
 * Bytes of a trace's arrays at the worst moment of its run: the leaves, the results that are there already, and every
 * other value from the node that computes it to the last that reads it.
 *
 * About what a run takes. Some values are never written down; but ONNX Runtime lays filters out anew, and its operators
 * need room of their own. Measured, it held on to 0.4 to 2.6 times as much after training and using SimpleNet and Xception.
 */
export function peakMemory({ nodes, leaves }: LiveTrace): number {
  const lastReader = new Map<TraceValue, number>();
  for (const [i, { operands }] of nodes.entries()) for (const { value } of operands) lastReader.set(value, i);
  let now = leaves.reduce((sum, leaf) => sum + bytesOf(leaf), 0);
  let most = now;
  for (const [i, { operands, outputs }] of nodes.entries()) {
    for (const output of outputs) now += bytesOf(output);
    most = Math.max(most, now);
    for (const value of new Set([...operands.map(({ value }) => value), ...outputs])) {
      const done = value.data === undefined && !value.alive && (lastReader.get(value) ?? i) === i;
      if (done) now -= bytesOf(value);
    }
  }
  return most;
}

function bytesOf({ shape, dtype }: TraceValue): number {
  return sizeOf(shape) * bytesPerElement(dtype);
}
