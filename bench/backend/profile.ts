/**
 * Where a SimpleNet training step's time goes, by ONNX operator and by node, as ONNX Runtime's profiler sees it.
 *
 *     node --import tsx bench/backend/profile.ts [steps]
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onnxRuntimeBackend } from '../../src/backend/register.ts';
import { selectBackend } from '../../src/backend/select-backend.ts';
import { simpleNetBench } from './simple-net-step.ts';

interface ProfileEvent {
  readonly cat: string;
  readonly name: string;
  /** When it began and how long it took, in microseconds. */
  readonly ts: number;
  readonly dur: number;
  readonly args: {
    readonly op_name?: string;
    readonly input_type_shape?: readonly Record<string, readonly number[]>[];
  };
}

const steps = Number(process.argv[2] ?? 5);
/** Steps that touch new memory, and are left out. */
const WARM_UP = 3;
const folder = mkdtempSync(join(tmpdir(), 'profile-'));
try {
  await selectBackend('onnxruntime', { threads: 2, profile: join(folder, 'session') });
  const bench = simpleNetBench(32, 256);
  for (let i = 0; i < WARM_UP + steps; i++) await bench.step();
  onnxRuntimeBackend()?.dispose();
  report(largestProfile(folder), steps);
} finally {
  rmSync(folder, { recursive: true });
}

/** The training step's session has the most to tell; others made the weights. */
function largestProfile(folder: string): readonly ProfileEvent[] {
  const texts = readdirSync(folder).map((name) => readFileSync(join(folder, name), 'utf8'));
  return JSON.parse(texts.sort((a, b) => b.length - a.length)[0] as string) as ProfileEvent[];
}

function report(events: readonly ProfileEvent[], steps: number): void {
  const runs = events.filter(({ name }) => name === 'model_run').sort((a, b) => a.ts - b.ts);
  const start = runs[WARM_UP]!.ts;
  const kernels = events.filter(({ cat, name, ts }) => cat === 'Node' && name.endsWith('_kernel_time') && ts >= start);
  const operators = new Map<string, number>();
  const nodes = new Map<string, number>();
  for (const { name, dur, args } of kernels) {
    const operator = args.op_name ?? '?';
    const shapes = (args.input_type_shape ?? []).map((input) => `[${Object.values(input)[0]}]`).join(' ');
    const node = `${operator.padEnd(20)} ${name.replace('_kernel_time', '')} ${shapes.slice(0, 100)}`;
    operators.set(operator, (operators.get(operator) ?? 0) + dur);
    nodes.set(node, (nodes.get(node) ?? 0) + dur);
  }
  console.log('ms a step, by operator (what runs inside a Scan counts twice)');
  print(operators, steps, 20);
  console.log('\nms a step, by node');
  print(nodes, steps, 45);
}

function print(times: ReadonlyMap<string, number>, steps: number, rows: number): void {
  const sorted = [...times].sort(([, a], [, b]) => b - a).slice(0, rows);
  for (const [name, microseconds] of sorted)
    console.log(`${(microseconds / 1000 / steps).toFixed(1).padStart(7)}  ${name}`);
}
