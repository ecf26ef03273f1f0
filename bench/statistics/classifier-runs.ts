import {
  type ClassAnswer,
  shareRight,
} from '../../src/learning/metrics/comparison/class-answers.ts';
import { compareClassifierRuns } from '../../src/learning/metrics/comparison/compare-runs.ts';
import { matchRows } from '../../src/learning/metrics/comparison/match-scores.ts';
import type { Random } from '../../src/random.ts';
import { type Design, drawLabels, Evidence } from './populations.ts';
import type { Scenario } from './tally.ts';

/** How much of the variance of the evidence all runs share. */
const common = 0.5;

/** How much a run's shift varies with its seed. */
const bySeed = 0.15;

/**
 * What `compare --over seed` prints of two classifiers that are alike, each run several times on
 * the same images: a run's evidence for the own class of an image is higher by its shift.
 */
export function classifierRunsScenario(
  shift: number,
  { images, ...others }: Design,
  draws: number,
  runs: number,
): Scenario {
  const design: Design = { ...others, images: images.slice(0, -1) }; // no unknown class
  return {
    name: `${design.name}, ${runs} runs`,
    simulate(random, seed) {
      const shifts = Array.from({ length: 2 * runs }, () => shift + bySeed * random.normal());
      const matched = matchRows(drawRuns(shifts, design, random));
      if (!matched.ok) throw new Error(`Internal error: ${matched.error}`);
      const first = Array.from({ length: runs }, (_, run) => run);
      const groups = [first, first.map((run) => run + runs)];
      const [pair] = compareClassifierRuns(matched.value, groups, { level: 0.95, draws, seed });
      const { low, high, p } = pair!.accuracy;
      const name = 'accuracy over runs and images';
      return { claims: [{ name, truth: 0, ends: [low, high] }], tests: [{ name, p }] };
    },
  };
}

/** The answers of runs with these shifts on the same images. */
function drawRuns(shifts: readonly number[], design: Design, random: Random) {
  const { labels, groups } = drawLabels(design, random);
  const evidences = () => design.images.map(() => new Evidence(random, design));
  const shared = evidences();
  const own = shifts.map(evidences);
  const rows = shifts.map((): ClassAnswer[] => []);
  for (const [i, label] of labels.entries()) {
    const seen = shared.map((evidence) => Math.sqrt(common) * evidence.next());
    for (const [run, shift] of shifts.entries()) {
      const scores = own[run]!.map((evidence, c) => {
        const noise = seen[c]! + Math.sqrt(1 - common) * evidence.next();
        return noise + (c === label ? shift : 0);
      });
      const answer = { key: `${i}`, split: 'test', label: `${label}` };
      const right = shareRight(scores, label);
      rows[run]!.push({ ...answer, right, ...(groups && { group: groups[i]! }) });
    }
  }
  return rows.map((answers, run) => ({ name: `${run}`, rows: answers }));
}
