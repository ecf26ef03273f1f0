import { readFileSync } from 'node:fs';
import { median } from '../runner/interleave.ts';

/** Means over the runs of one turn. */
interface Sample {
  readonly seconds: number;
  /** Processor time of the measured process, over all its threads. */
  readonly processor: number;
  /** How much of the machine others used meanwhile, 0 to 1 of all cores. */
  readonly disturbance: number;
}

/** Above this, a sample says more about other programs than about the measured one. */
const QUIET = 0.06;
/** Linux counts processor time in hundredths of a second. */
const TICKS = 100;

/** One side of a comparison: a process and its work. */
export interface Side {
  readonly name: string;
  readonly pid: number;
  /** Does the work once. Resolves to its seconds. */
  run(): Promise<number>;
}

/** How a comparison is made and printed. */
export interface Turns {
  readonly title: string;
  readonly cores: number;
  /**
   * Runs in one turn: together about a second, since less would be lost in the clock of processor
   * time.
   */
  readonly runs: number;
  readonly rounds: number;
  /** The ratio to reach. */
  readonly goal: number | undefined;
}

/**
 * Lets all sides take turns, the first round uncounted, and prints their medians and the ratio of
 * the first side to the best of the others. Resolves to the median seconds of that best one.
 */
export async function compareInTurns(sides: readonly Side[], turns: Turns): Promise<number> {
  const { title, cores, runs, rounds, goal } = turns;
  const samples = sides.map((): Sample[] => []);
  for (let round = -1; round < rounds; round++) {
    for (const [i, side] of sides.entries()) {
      const taken = await sample(side, cores, runs);
      if (round >= 0) samples[i]!.push(taken);
    }
  }
  const print = (name: string, numbers: string) =>
    console.log(`${title.padEnd(28)}${name.padEnd(40)}${numbers}`);
  const medians = samples.map(typical);
  for (const [i, { seconds, processor, quiet }] of medians.entries()) {
    const numbers = `${seconds.toFixed(3)} s  processor ${processor.toFixed(2)} s  ${quiet} of ${rounds} quiet`;
    print(sides[i]!.name, numbers);
  }
  const [ours, ...others] = medians as [Medians, ...Medians[]];
  const best = Math.min(...others.map(({ seconds }) => seconds));
  const leastProcessor = Math.min(...others.map(({ processor }) => processor));
  const ratio = (ours.seconds / best).toFixed(2);
  const processorRatio = (ours.processor / leastProcessor).toFixed(2);
  print(
    "restage / PyTorch's best",
    `${ratio}${goal === undefined ? '' : `  goal ${goal}`}  processor ${processorRatio}\n`,
  );
  return best;
}

/** The seconds that work takes. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
}

/** Makes one turn of a side. */
async function sample({ run, pid }: Side, cores: number, runs: number): Promise<Sample> {
  const before = [busySeconds(), processSeconds(pid), performance.now()] as const;
  let seconds = 0;
  for (let i = 0; i < runs; i++) seconds += await run();
  const processor = processSeconds(pid) - before[1];
  const others = busySeconds() - before[0] - processor;
  const wall = (performance.now() - before[2]) / 1000;
  return {
    seconds: seconds / runs,
    processor: processor / runs,
    disturbance: Math.max(0, others / (wall * cores)),
  };
}

interface Medians {
  readonly seconds: number;
  readonly processor: number;
  /** How many samples were quiet. */
  readonly quiet: number;
}

/** Medians over the quiet samples, or over all when fewer than three were quiet. */
function typical(samples: readonly Sample[]): Medians {
  const quiet = samples.filter(({ disturbance }) => disturbance < QUIET);
  const used = quiet.length >= 3 ? quiet : samples;
  return {
    seconds: median(used.map(({ seconds }) => seconds)),
    processor: median(used.map(({ processor }) => processor)),
    quiet: quiet.length,
  };
}

/** Seconds of processor time that the whole machine has used since it started. */
function busySeconds(): number {
  const [user, nice, system, , , irq, softirq] = (
    readFileSync('/proc/stat', 'utf8').split('\n')[0] as string
  )
    .trim()
    .split(/\s+/)
    .slice(1)
    .map(Number) as number[];
  return (user! + nice! + system! + irq! + softirq!) / TICKS;
}

/** Seconds of processor time that a process has used. */
function processSeconds(pid: number): number {
  // The name, in parentheses, may hold spaces.
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS;
}
