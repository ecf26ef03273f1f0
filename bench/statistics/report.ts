import { markdownTable } from '../../src/markdown-table.ts';
import { type Counts, coverageOf } from './tally.ts';

/** What was counted in one scenario. */
export interface ScenarioResult extends Counts {
  readonly name: string;
  /** Simulated data sets so far. */
  readonly sets: number;
  readonly draws: number;
}

/** The standard error of a share of data sets. */
const errorOf = (share: number, sets: number): number => Math.sqrt((share * (1 - share)) / sets);

const percent = (share: number): string => (Number.isNaN(share) ? '–' : (100 * share).toFixed(1));

/** A row for every interval and test of every scenario. */
export function coverageTable(results: readonly ScenarioResult[]): string {
  const intervals = results.flatMap(({ name, intervals }) =>
    Object.entries(intervals).map(([interval, tally]) => [
      name,
      interval,
      percent(coverageOf(tally)),
      percent(errorOf(coverageOf(tally), tally.sets)),
      percent(tally.above / tally.printed),
      percent(tally.below / tally.printed),
      percent(tally.printed / (tally.printed + tally.missing)),
      (tally.width / tally.printed).toFixed(3),
    ]),
  );
  const tests = results.flatMap(({ name, tests }) =>
    Object.entries(tests).map(([test, { sets, rejected }]) => [
      name,
      test,
      percent(rejected / sets),
      percent(errorOf(rejected / sets, sets)),
    ]),
  );
  const isNumber = (column: number) => column > 1;
  return [
    markdownTable(
      ['scenario', 'interval', 'covers %', '±', 'above', 'below', 'printed %', 'width'],
      intervals,
      isNumber,
    ),
    markdownTable(['scenario', 'test', 'rejects %', '±'], tests, isNumber),
  ].join('\n\n');
}

/** A row for every interval and test: the least and the mean over the scenarios. */
export function worstTable(results: readonly ScenarioResult[]): string {
  const rowsOf = <T extends { readonly sets: number }>(
    pick: (result: ScenarioResult) => Readonly<Record<string, T>>,
    value: (tally: T) => number,
    isWorse: (a: number, b: number) => boolean,
  ) => {
    const groups = new Map<string, { value: number; sets: number; where: string }[]>();
    for (const result of results) {
      const family = result.name.split(/[ ,]/)[0]!;
      for (const [name, tally] of Object.entries(pick(result))) {
        const key = `${family}: ${name}`;
        groups.set(key, [
          ...(groups.get(key) ?? []),
          { value: value(tally), sets: tally.sets, where: result.name },
        ]);
      }
    }
    return [...groups].map(([name, all]) => {
      const defined = all.filter((claim) => !Number.isNaN(claim.value));
      const worst = defined.reduce(
        (a, b) => (isWorse(b.value, a.value) ? b : a),
        defined[0] ?? all[0]!,
      );
      const mean = defined.reduce((sum, claim) => sum + claim.value, 0) / defined.length;
      return [
        name,
        percent(worst.value),
        percent(errorOf(worst.value, worst.sets)),
        worst.where,
        percent(mean),
        `${defined.length} of ${all.length}`,
      ];
    });
  };
  const intervals = rowsOf(
    ({ intervals }) => intervals,
    coverageOf,
    (a, b) => a < b,
  );
  const tests = rowsOf(
    ({ tests }) => tests,
    ({ sets, rejected }) => rejected / sets,
    (a, b) => a > b,
  );
  const isNumber = (column: number) => [1, 2, 4].includes(column);
  return [
    markdownTable(
      ['interval', 'least coverage %', '±', 'where', 'mean', 'scenarios that print it'],
      intervals,
      isNumber,
    ),
    markdownTable(
      ['test', 'most rejections %', '±', 'where', 'mean', 'scenarios'],
      tests,
      isNumber,
    ),
  ].join('\n\n');
}
