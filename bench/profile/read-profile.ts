import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Phase } from '../../src/backend/trace/trace.ts';

/** An event of ONNX Runtime's profile; times in microseconds. */
export interface ProfileEvent {
  readonly cat: string;
  readonly name: string;
  readonly ts: number;
  readonly dur: number;
  readonly args?: {
    readonly op_name?: string;
    readonly input_type_shape?: readonly Readonly<Record<string, readonly number[]>>[];
  };
}

/** One execution of one ONNX node. */
export interface NodeRun {
  readonly node: string;
  readonly operator: string;
  /** Undefined for a node that ONNX Runtime added. */
  readonly label: NodeLabel | undefined;
  /** The shapes of its inputs. */
  readonly shapes: readonly (readonly number[])[];
  /** Milliseconds in the node itself, without those of the nodes in its loop's body. */
  readonly self: number;
}

/**
 * Reads the profile whose path begins with `prefix`. ONNX Runtime writes it when the graph is
 * disposed of.
 */
export function readProfile(prefix: string): readonly ProfileEvent[] {
  const folder = dirname(prefix);
  const file = readdirSync(folder).find((name) => join(folder, name).startsWith(prefix));
  if (file === undefined) throw new Error(`ONNX Runtime left no profile ${prefix}….`);
  return JSON.parse(readFileSync(join(folder, file), 'utf8'));
}

const nodeSuffix = '_kernel_time';

/** The node executions of every run of a profile, in the order of the runs. */
export function nodeRuns(events: readonly ProfileEvent[]): readonly (readonly NodeRun[])[] {
  const byTime = [...events].sort((a, b) => a.ts - b.ts || b.dur - a.dur);
  const nodes = byTime.filter(({ cat, name }) => cat === 'Node' && name.endsWith(nodeSuffix));
  const runs = byTime.filter(({ name }) => name === 'model_run');
  let next = 0;
  return runs.map(({ ts, dur }) => {
    const inside: ProfileEvent[] = [];
    for (; next < nodes.length && nodes[next]!.ts <= ts + dur; next++) inside.push(nodes[next]!);
    return withSelfTimes(inside);
  });
}

/**
 * Nodes run one after the other, so an event that begins before another one's end lies inside it.
 */
function withSelfTimes(nodes: readonly ProfileEvent[]): readonly NodeRun[] {
  const self = nodes.map(({ dur }) => dur);
  const open: number[] = [];
  for (const [i, { ts, dur }] of nodes.entries()) {
    while (open.length > 0 && endOf(nodes[open.at(-1)!]!) <= ts) open.pop();
    const outer = open.at(-1);
    if (outer !== undefined) self[outer]! -= dur;
    open.push(i);
  }
  return nodes.map(({ name, args }, i) => {
    const node = name.slice(0, -nodeSuffix.length);
    const shapes = (args?.input_type_shape ?? []).map((input) => Object.values(input)[0] ?? []);
    return {
      node,
      operator: args?.op_name ?? '?',
      label: readLabel(node),
      shapes,
      self: Math.max(0, self[i]!) / 1000,
    };
  });
}

const endOf = ({ ts, dur }: ProfileEvent): number => ts + dur;

/** Where an ONNX node comes from. */
interface NodeLabel {
  /** The tfjs kernel that it was lowered from. */
  readonly kernel: string;
  /** Known in profiles only. */
  readonly phase?: Phase | undefined;
}

/**
 * The label anywhere in a node's name; undefined for a node that ONNX Runtime added under a name of
 * its own.
 */
export function readLabel(nodeName: string): NodeLabel | undefined {
  const match = /(?:(forward|backward|update)\/)?([\w()]+)\/[A-Za-z0-9]+_\d+/.exec(nodeName);
  if (match === null) return undefined;
  return { kernel: match[2] as string, phase: match[1] as Phase | undefined };
}
