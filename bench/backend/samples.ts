import { readFileSync } from 'node:fs';

/** Means over the runs of one turn. */
export interface Sample {
  readonly seconds: number;
  /** Processor time of the measured process, over all its threads. */
  readonly processor: number;
  /** How much of the machine others used meanwhile, 0 to 1 of all cores. */
  readonly disturbance: number;
}

/** Above this a sample says more about the neighbours. */
const QUIET = 0.06;
/** Linux counts processor time in hundredths of a second. */
const TICKS = 100;

/** What is sampled: a process's work. */
export interface Sampled {
  /** @returns seconds */
  run(): Promise<number>;
  /** Processor time that the measured process has used so far. */
  own(): number;
}

/** Times one turn: runs that take about a second, since short ones would be lost in the clock of processor time. */
export async function sample({ run, own }: Sampled, cores: number, runs: number): Promise<Sample> {
  const before = [busySeconds(), own(), performance.now()] as const;
  let seconds = 0;
  for (let i = 0; i < runs; i++) seconds += await run();
  const processor = own() - before[1];
  const others = busySeconds() - before[0] - processor;
  const wall = (performance.now() - before[2]) / 1000;
  return {
    seconds: seconds / runs,
    processor: processor / runs,
    disturbance: Math.max(0, others / (wall * cores)),
  };
}

/** Medians over the quiet samples, or over all when fewer than three were quiet. */
export function typical(samples: readonly Sample[]): Omit<Sample, 'disturbance'> & { readonly quiet: number } {
  const quiet = samples.filter(({ disturbance }) => disturbance < QUIET);
  const used = quiet.length >= 3 ? quiet : samples;
  return {
    seconds: median(used.map(({ seconds }) => seconds)),
    processor: median(used.map(({ processor }) => processor)),
    quiet: quiet.length,
  };
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** Processor time that the whole machine has used since it started. */
function busySeconds(): number {
  const [user, nice, system, , , irq, softirq] = (readFileSync('/proc/stat', 'utf8').split('\n')[0] as string)
    .trim()
    .split(/\s+/)
    .slice(1)
    .map(Number) as number[];
  return (user! + nice! + system! + irq! + softirq!) / TICKS;
}

/** Processor time that a process has used. */
export function processSeconds(pid: number): number {
  // The name, in parentheses, may hold spaces.
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS;
}
