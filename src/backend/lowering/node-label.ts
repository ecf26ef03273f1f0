import type { Phase, TraceNode } from '../trace.ts';

/** Where an ONNX node comes from. */
export interface NodeLabel {
  /** The tfjs kernel that it was lowered from. */
  readonly kernel: string;
  /** Known in profiles only. */
  readonly phase?: Phase | undefined;
}

/**
 * The beginning of the names of all that a call is lowered to: `Conv2D`, or `backward/Conv2DBackpropFilter`. ONNX Runtime
 * shows it in errors and profiles, and keeps it in the names of most nodes that it makes of others.
 */
export function labelOf({ kernel, phase }: Pick<TraceNode, 'kernel' | 'phase'>): string {
  return phase === undefined ? kernel : `${phase}/${kernel}`;
}

/** The label of the loop around elementwise calls that run block by block. */
export const blocksOf = ({ phase }: Pick<TraceNode, 'phase'>): string => labelOf({ kernel: '(blocks)', phase });

/** The label in a node's name, wherever in it; undefined for a node that ONNX Runtime added under a name of its own. */
export function readLabel(nodeName: string): NodeLabel | undefined {
  const found = /(?:(forward|backward|update)\/)?([\w()]+)\/[A-Za-z0-9]+_\d+/.exec(nodeName);
  if (found === null) return undefined;
  return { kernel: found[2] as string, phase: found[1] as Phase | undefined };
}
