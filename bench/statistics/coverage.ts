/**
 * How often the intervals that Restage prints contain the truth, and how often its tests reject a
 * hypothesis that holds, on simulated data sets whose truth is known. See README.md for the
 * populations and the results.
 *
 *     node --import tsx bench/statistics/coverage.ts [--sets 2000] [--draws 1000]
 *         [--only <pattern>] [--out <folder>]
 *
 * The same arguments give the same numbers. The scenarios take turns, so that all of them are known
 * to about the same accuracy whenever it is interrupted; the next call goes on from there.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Random } from '../../src/random.ts';
import { auditScenario } from './audits.ts';
import { changesScenario } from './changes.ts';
import { classifierRunsScenario } from './classifier-runs.ts';
import { classifierScenario } from './classifiers.ts';
import { comparisonScenario, runsScenario } from './comparisons.ts';
import { detectorScenario } from './detectors.ts';
import { differenceScenario, type TwoModels } from './differences.ts';
import { exchangeScenario } from './exchanges.ts';
import { faithfulnessScenario } from './faithfulness.ts';
import { foldsScenario } from './folds.ts';
import { leadScenario, mapsScenario } from './maps.ts';
import type { Design } from './populations.ts';
import { coverageTable, type ScenarioResult, worstTable } from './report.ts';
import { type Scenario, Tallies } from './tally.ts';

const { values: given } = parseArgs({
  options: {
    sets: { type: 'string', default: '2000' },
    draws: { type: 'string', default: '1000' },
    only: { type: 'string', default: '' },
    out: { type: 'string', default: 'coverage' },
  },
});
const sets = Number(given.sets);
const draws = Number(given.draws);
mkdirSync(given.out, { recursive: true });

const sizes = [20, 50, 100, 200];
const alone = { groupSize: 1 };
const balanced = sizes.map((n): Design => ({ name: `${n} + ${n}`, images: [n, n], ...alone }));
const framesOfGroup = 5;
const grouped = [10, 20, 40].map((groups): Design => {
  const images = groups * framesOfGroup;
  return {
    name: `${groups} + ${groups} groups of ${framesOfGroup}`,
    images: [images, images],
    groupSize: framesOfGroup,
  };
});
const uneven: readonly Design[] = [
  { name: '180 + 20', images: [180, 20], ...alone },
  { name: '20 + 180', images: [20, 180], ...alone },
  { name: '200, of which 30 % fakes are drawn', images: [140, 60], drawsClasses: true, ...alone },
  {
    name: '60 groups of 5, of which 30 % fakes are drawn',
    images: [210, 90],
    drawsClasses: true,
    groupSize: framesOfGroup,
  },
];
/** Five classes and one that is unknown. */
const classes: readonly Design[] = [
  ...[20, 50, 200].map(
    (n): Design => ({ name: `5 x ${n}`, images: Array<number>(6).fill(n), ...alone }),
  ),
  { name: '5 classes of 20 to 200', images: [20, 50, 100, 200, 200, 100], ...alone },
  { name: '5 x 20 groups of 5', images: Array<number>(6).fill(100), groupSize: framesOfGroup },
];
/** Strong, usual and weak: areas of 0.98, 0.86 and 0.66. */
const shifts = [1.5, 0.75, 0.3];
const temperature = 1.3;

type Family = Readonly<Record<string, () => Promise<Scenario> | Scenario>>;
const named = (prefix: string, design: Design) => `${prefix}, ${design.name}`;
/** Each scenario of a name for each of these designs. */
const family = (
  name: string,
  designs: readonly Design[],
  make: (design: Design) => Promise<Scenario> | Scenario,
): Family => Object.fromEntries(designs.map((design) => [named(name, design), () => make(design)]));
const few = [balanced[0]!, balanced[1]!, balanced[3]!, ...grouped];
/** Areas of 0.999, 0.98, 0.86 and 0.66; nearly the same models, and ones that share half. */
const twoModels: readonly TwoModels[] = [2.1, 1.5, 0.75, 0.3].flatMap((shift) =>
  [0.98, 0.5].flatMap((common) =>
    [1, 0.9, 0.7].map((share): TwoModels => ({ shifts: [share * shift, shift], common })),
  ),
);
const detecting = { apart: 1, response: 1, gap: 0.5 };
const scenarios: Family = {
  ...Object.assign(
    {},
    ...twoModels.map((models) =>
      family(
        `difference ${models.shifts.map((shift) => shift.toFixed(2)).join(' ')} ${models.common}`,
        [...uneven, ...balanced, ...grouped],
        (of) => differenceScenario(models, of),
      ),
    ),
  ),
  ...family('maps, alike', few, (of) => mapsScenario({ real: 1.5, fake: 1.5 }, of, draws)),
  ...family('maps, apart', few, (of) => mapsScenario({ real: 1.25, fake: 1.75 }, of, draws)),
  ...family('lead, equal', few, (of) => leadScenario(true, of, draws)),
  ...family('lead, unequal', few, (of) => leadScenario(false, of, draws)),
  ...family('faithfulness', few, (of) => faithfulnessScenario(of, draws)),
  ...Object.assign(
    {},
    ...shifts.map((shift) => ({
      ...family(`folds ${shift}`, [...uneven, ...balanced, ...grouped], (of) =>
        foldsScenario(shift, of, draws),
      ),
      ...family(`changes ${shift}`, [...uneven, ...balanced, ...grouped], (of) =>
        changesScenario(shift, of, draws),
      ),
    })),
  ),
  ...family('bias, no response', few, (of) =>
    exchangeScenario({ ...detecting, response: 0, gap: 0 }, of, draws),
  ),
  ...family('bias, no gap', few, (of) => exchangeScenario({ ...detecting, gap: 0 }, of, draws)),
  ...family('bias, strong, no gap', few, (of) =>
    exchangeScenario({ ...detecting, response: 3, gap: 0 }, of, draws),
  ),
  ...family('bias, gap', few, (of) => exchangeScenario(detecting, of, draws)),
  ...family('bias, wide gap', few, (of) => exchangeScenario({ ...detecting, gap: 2 }, of, draws)),
  ...family('audit 0', few, (of) => auditScenario(0, of)),
  ...family('audit 1', few, (of) => auditScenario(1, of)),
  ...family('audit 2', few, (of) => auditScenario(2, of)),

  ...Object.fromEntries(
    shifts.flatMap((shift) =>
      [...uneven, ...balanced, ...grouped].map((design) => [
        named(`detector ${shift}`, design),
        () => detectorScenario({ shift, temperature }, design, draws),
      ]),
    ),
  ),
  ...Object.fromEntries(
    [2.5, 1.2].flatMap((shift) =>
      classes.map((design) => [
        named(`classifier ${shift}`, design),
        () => classifierScenario({ shift, temperature }, design, draws),
      ]),
    ),
  ),
  ...Object.fromEntries(
    [1.2, 0.5].flatMap((shift) =>
      [...uneven, ...balanced, ...grouped].map((design) => [
        named(`comparison ${shift}`, design),
        () => comparisonScenario(shift, design, draws),
      ]),
    ),
  ),
  ...Object.fromEntries(
    [3, 5].flatMap((runs) =>
      [uneven[0]!, balanced[0]!, balanced[2]!, ...grouped].map((design) => [
        named(`runs ${runs}`, design),
        () => runsScenario(0.75, design, draws, runs),
      ]),
    ),
  ),
  ...Object.assign(
    {},
    ...[3, 5].map((runs) =>
      family(`classifier runs ${runs}`, classes, (of) =>
        classifierRunsScenario(1.2, of, draws, runs),
      ),
    ),
  ),
};

/** What is known of a scenario so far. */
interface Progress {
  readonly name: string;
  readonly file: string;
  readonly scenario: () => Promise<Scenario>;
  result: ScenarioResult;
}

/** Data sets of a scenario that are drawn before it is the turn of the next one. */
const round = 100;

const running = Object.entries(scenarios)
  .filter(([name]) => new RegExp(given.only).test(name))
  .map(([name, make]): Progress => {
    const file = join(given.out, `${name.replaceAll(/[^a-z0-9]+/gi, '-')}.json`);
    let made: Promise<Scenario> | undefined;
    const scenario = () => (made ??= Promise.resolve(make()));
    return { name, file, scenario, result: known(name, file) };
  });

for (let until = round; until < sets + round; until += round) {
  for (const progress of running) {
    if (progress.result.sets >= Math.min(until, sets)) continue;
    progress.result = await simulate(progress, Math.min(until, sets));
    writeFileSync(progress.file, `${JSON.stringify(progress.result, null, 1)}\n`);
    console.log(`${new Date().toISOString()} ${progress.result.sets} ${progress.name}`);
    writeTables();
  }
}
writeTables(); // also where all was known

function writeTables(): void {
  const results = running.map(({ result }) => result).filter((result) => result.sets > 0);
  writeFileSync(join(given.out, 'coverage.md'), `${coverageTable(results)}\n`);
  writeFileSync(join(given.out, 'worst.md'), `${worstTable(results)}\n`);
}

/** The result of an earlier call with as many draws; one without data sets where there is none. */
function known(name: string, file: string): ScenarioResult {
  const none = { name, sets: 0, draws, intervals: {}, tests: {} };
  if (!existsSync(file)) return none;
  const result = JSON.parse(readFileSync(file, 'utf8')) as ScenarioResult;
  return result.draws === draws ? result : none;
}

async function simulate(
  { name, scenario, result }: Progress,
  until: number,
): Promise<ScenarioResult> {
  const { simulate: draw } = await scenario();
  const tallies = new Tallies(result);
  for (let set = result.sets; set < until; set++) {
    tallies.add(await draw(new Random('coverage', name, set), set));
  }
  const { intervals, tests } = tallies;
  return {
    name,
    sets: until,
    draws,
    intervals: Object.fromEntries(intervals),
    tests: Object.fromEntries(tests),
  };
}
