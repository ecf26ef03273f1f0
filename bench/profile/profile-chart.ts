import type { TopLevelSpec } from 'vega-lite';
import { chartTitle } from '../../src/learning/charts/chart-title.ts';
import { fills } from '../../src/learning/charts/theme.ts';

/** The time of one kernel in one phase of a step. */
interface ProfileBar {
  readonly kernel: string;
  readonly phase?: string | undefined;
  /** Milliseconds a step. */
  readonly time: number;
}

const width = 440;
const barHeight = 20;
/** Kernels with a bar of their own, if it can be seen; the others share one. */
const mostBars = 18;
const smallestShare = 0.002;
const phases = ['forward', 'backward', 'update'] as const;
const noPhase = 'other';

/**
 * Where the time of a step goes: a bar for each kernel, the longest first, in the colours of its
 * phases.
 */
export function profileChart(
  bars: readonly ProfileBar[],
  title: string,
  subtitle: string,
): TopLevelSpec {
  const times = new Map<string, number>();
  for (const { kernel, time } of bars) times.set(kernel, (times.get(kernel) ?? 0) + time);
  const longest = [...times].sort(([, a], [, b]) => b - a).filter(([, time]) => time > 0);
  const total = longest.reduce((sum, [, time]) => sum + time, 0);
  const seen = longest
    .filter(([, time]) => time >= smallestShare * total)
    .map(([kernel]) => kernel);
  const barKernels = longest.length > mostBars ? seen.slice(0, mostBars - 1) : seen;
  const others = `${longest.length - barKernels.length} others`;
  const rows = bars
    .filter(({ time }) => time > 0)
    .map(({ kernel, phase = noPhase, time }) => ({
      kernel: barKernels.includes(kernel) ? kernel : others,
      phase,
      time,
    }));
  const all = [...phases, noPhase];
  const present = all.filter((phase) => rows.some((row) => row.phase === phase));
  return {
    title: chartTitle(title, subtitle, width),
    data: { name: 'kernels', values: summed(rows) },
    transform: [{ calculate: `indexof(${JSON.stringify(present)}, datum.phase)`, as: 'order' }],
    width,
    height: { step: barHeight },
    mark: { type: 'bar' },
    encoding: {
      y: {
        field: 'kernel',
        type: 'nominal',
        title: null,
        sort: barKernels.length < longest.length ? [...barKernels, others] : barKernels,
        axis: { domain: false, ticks: false, labelLimit: 240 },
      },
      x: { field: 'time', type: 'quantitative', aggregate: 'sum', title: 'Milliseconds a step' },
      color: {
        field: 'phase',
        type: 'nominal',
        title: null,
        scale: { domain: present, range: present.map((phase) => fills[all.indexOf(phase)]!) },
        legend: present.length > 1 ? { orient: 'bottom-right', offset: 0 } : null,
      },
      order: { field: 'order', type: 'quantitative' },
    },
  };
}

interface Row {
  readonly kernel: string;
  readonly phase: string;
  readonly time: number;
}

/** One row for each kernel and phase; to the microsecond. */
function summed(rows: readonly Row[]): readonly Row[] {
  const sums = new Map<string, Row>();
  for (const { kernel, phase, time } of rows) {
    const key = `${kernel} ${phase}`;
    sums.set(key, { kernel, phase, time: time + (sums.get(key)?.time ?? 0) });
  }
  return [...sums.values()].map((row) => ({ ...row, time: Number(row.time.toFixed(3)) }));
}
