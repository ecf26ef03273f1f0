import type { Random } from '../../src/random.ts';

/** An interval that was printed or not, and what it claims to contain. */
export interface Claim {
  readonly name: string;
  readonly truth: number;
  /** Absent where the interval is not printed. */
  readonly ends?: readonly [low: number, high: number] | null | undefined;
}

/** A p-value of a hypothesis that holds. */
export interface NullTest {
  readonly name: string;
  readonly p: number;
}

/** What one simulated data set gives. */
export interface Outcome {
  readonly claims?: readonly Claim[];
  readonly tests?: readonly NullTest[];
}

/** A kind of data set, and everything that is printed of it. */
export interface Scenario {
  readonly name: string;
  readonly simulate: (random: Random, seed: number) => Outcome | Promise<Outcome>;
}

/** Counts over the data sets of a scenario. */
export interface Tally {
  /** Data sets with at least one such interval. */
  sets: number;
  printed: number;
  missing: number;
  /** Intervals that lie above the truth, and below it. */
  above: number;
  below: number;
  width: number;
}

export interface TestTally {
  /** Data sets with a p-value. */
  sets: number;
  /** Those with p below 0.05. */
  rejected: number;
}

/** Counts by the name of the interval or test. */
export interface Counts {
  readonly intervals: Readonly<Record<string, Tally>>;
  readonly tests: Readonly<Record<string, TestTally>>;
}

/** The counts of a scenario. */
export class Tallies {
  readonly intervals: Map<string, Tally>;
  readonly tests: Map<string, TestTally>;

  /** Goes on counting from earlier counts. */
  constructor({ intervals, tests }: Counts) {
    this.intervals = new Map(Object.entries(structuredClone(intervals)));
    this.tests = new Map(Object.entries(structuredClone(tests)));
  }

  add({ claims = [], tests = [] }: Outcome): void {
    const printed = new Set<string>();
    for (const { name, truth, ends } of claims) {
      const tally = this.intervals.get(name) ?? {
        sets: 0,
        printed: 0,
        missing: 0,
        above: 0,
        below: 0,
        width: 0,
      };
      this.intervals.set(name, tally);
      if (ends == null || ends.some(Number.isNaN)) {
        tally.missing++;
        continue;
      }
      const [low, high] = ends;
      tally.printed++;
      if (!printed.has(name)) tally.sets++;
      printed.add(name);
      // The truth is a number of a large population, so it is known to some digits only.
      if (low > truth + 1e-9) tally.above++;
      if (high < truth - 1e-9) tally.below++;
      // The upper end of a temperature may be Infinity.
      if (high < Infinity) tally.width += high - low;
    }
    for (const { name, p } of tests) {
      const tally = this.tests.get(name) ?? { sets: 0, rejected: 0 };
      this.tests.set(name, tally);
      if (Number.isNaN(p)) continue;
      tally.sets++;
      if (p < 0.05) tally.rejected++;
    }
  }
}

/** The share of printed intervals that contain the truth; NaN where none is printed. */
export const coverageOf = ({ printed, above, below }: Tally): number =>
  1 - (above + below) / printed;
