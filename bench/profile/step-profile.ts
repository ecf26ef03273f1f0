import type { Phase } from '../../src/backend/trace/trace.ts';
import { type NodeRun, nodeRuns, readProfile } from './read-profile.ts';
import type { KeptRun, ObservedStep } from './step-profiler.ts';

/**
 * Where the time of a step goes; all times are milliseconds, and all numbers means over the steps.
 */
export interface StepProfile {
  /** How many steps were measured. */
  readonly steps: number;
  /** The time of a step. The parts below add up to it. */
  readonly total: number;
  readonly parts: {
    /** In ONNX Runtime. */
    readonly graph: number;
    /** In kernels of tfjs's cpu backend, where there is no lowering. */
    readonly cpu: number;
    /** Waiting for data, with nothing to do. */
    readonly waiting: number;
    /** In JavaScript: recording kernel calls, gradients, reading values, the program's own work. */
    readonly host: number;
  };
  /** Work done, as the program counts it: images. */
  readonly units: number;
  /** By tfjs kernel and phase, the longest first. */
  readonly kernels: readonly KernelTime[];
  /** By ONNX operator. */
  readonly operators: readonly OperatorTime[];
  /** By ONNX node. */
  readonly nodes: readonly NodeTime[];
}

interface KernelTime {
  /**
   * `(ONNX Runtime)` for what it added and for what passes between nodes, `(blocks)` for the loops
   * around an update.
   */
  readonly kernel: string;
  /** Undefined where unknown. */
  readonly phase?: Phase | undefined;
  /** Calls of the kernel; those that were merged into others take no time of their own. */
  readonly calls: number;
  readonly time: number;
}

interface OperatorTime {
  readonly operator: string;
  /** Nodes that were executed, those in a loop's body every time. */
  readonly executions: number;
  readonly time: number;
}

export interface NodeTime extends OperatorTime {
  readonly node: string;
  readonly kernel: string;
  readonly phase?: Phase | undefined;
  /** The shapes of its inputs. */
  readonly shapes: readonly (readonly number[])[];
}

const runtime = '(ONNX Runtime)';

/**
 * Reads ONNX Runtime's profiles of these steps, which are complete once the backend was disposed
 * of.
 *
 * @param steps at least one
 */
export function profileSteps(steps: readonly ObservedStep[]): StepProfile {
  const count = steps.length;
  const runs = steps.flatMap((step) => step.runs);
  const executed = nodesOf(runs);
  const graph = sum(runs.map(lasted)) / count;
  const cpu = sum(steps.map(cpuTime)) / count;
  const total = sum(steps.map(lasted)) / count;
  const waiting = sum(steps.map(({ idle }) => idle)) / count;
  const nodes = nodeTimes(executed, count);
  return {
    steps: count,
    total,
    parts: { graph, cpu, waiting, host: Math.max(0, total - graph - cpu - waiting) },
    units: sum(steps.map(({ units }) => units)) / count,
    kernels: longestFirst(kernelTimes(nodes, steps, graph)),
    operators: longestFirst(operatorTimes(nodes)),
    nodes: longestFirst(nodes),
  };
}

/** All that was executed in the runs. */
function nodesOf(runs: readonly KeptRun[]): readonly NodeRun[] {
  const profiles = new Map<string, readonly (readonly NodeRun[])[]>();
  return runs.flatMap(({ profile, index }) => {
    if (profile === undefined) throw new Error('These runs were not profiled.');
    if (!profiles.has(profile)) profiles.set(profile, nodeRuns(readProfile(profile)));
    return profiles.get(profile)![index] ?? [];
  });
}

function nodeTimes(executed: readonly NodeRun[], steps: number): NodeTime[] {
  return groups(
    executed,
    ({ node, operator, shapes }) => `${operator} ${node} ${shapes.join(' ')}`,
  ).map((same) => {
    const { node, operator, shapes, label } = same[0]!;
    const kernel = label?.kernel ?? runtime;
    const time = sum(same.map(({ self }) => self)) / steps;
    return {
      operator,
      node,
      kernel,
      phase: label?.phase,
      shapes,
      executions: same.length / steps,
      time,
    };
  });
}

function operatorTimes(nodes: readonly NodeTime[]): OperatorTime[] {
  return groups(nodes, ({ operator }) => operator).map((same) => ({
    operator: same[0]!.operator,
    executions: sum(same.map(({ executions }) => executions)),
    time: timeOf(same),
  }));
}

function kernelTimes(
  nodes: readonly NodeTime[],
  steps: readonly ObservedStep[],
  graph: number,
): KernelTime[] {
  const keyOf = ({ kernel, phase }: Pick<KernelTime, 'kernel' | 'phase'>) => `${kernel} ${phase}`;
  const calls = steps.flatMap(({ runs }) => runs.flatMap((run) => run.calls));
  const times = new Map<string, KernelTime>();
  const add = (
    { kernel, phase }: Pick<KernelTime, 'kernel' | 'phase'>,
    counted: number,
    time: number,
  ) => {
    const before = times.get(keyOf({ kernel, phase })) ?? { calls: 0, time: 0 };
    times.set(keyOf({ kernel, phase }), {
      kernel,
      phase,
      calls: before.calls + counted,
      time: before.time + time,
    });
  };
  for (const same of groups(calls, keyOf)) add(same[0]!, same.length / steps.length, 0);
  for (const node of nodes) add(node, 0, node.time);
  add({ kernel: runtime }, 0, Math.max(0, graph - timeOf(nodes)));
  for (const step of steps) {
    for (const call of step.cpuCalls) {
      const time = lasted(call) - sum(runsWithin(call, step).map(lasted));
      add({ kernel: `${call.kernel} (cpu)` }, 1 / steps.length, time / steps.length);
    }
  }
  return [...times.values()];
}

interface Interval {
  readonly startedAt: number;
  readonly endedAt: number;
}

const lasted = ({ startedAt, endedAt }: Interval): number => endedAt - startedAt;

/** The runs that computed a cpu kernel's inputs. */
const runsWithin = (call: Interval, { runs }: ObservedStep): readonly KeptRun[] =>
  runs.filter((run) => run.startedAt >= call.startedAt && run.endedAt <= call.endedAt);

const cpuTime = (step: ObservedStep): number =>
  sum(step.cpuCalls.map((call) => lasted(call) - sum(runsWithin(call, step).map(lasted))));

const timeOf = (rows: readonly { readonly time: number }[]): number =>
  sum(rows.map(({ time }) => time));

const sum = (values: readonly number[]): number =>
  values.reduce((total, value) => total + value, 0);

const longestFirst = <T extends { readonly time: number }>(rows: readonly T[]): readonly T[] =>
  [...rows].sort((a, b) => b.time - a.time);

/** Groups items by key, in the order of the first of each. */
function groups<T>(items: readonly T[], keyOf: (item: T) => string): readonly (readonly T[])[] {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return [...groups.values()];
}
