import { mean, sampleVariance } from '../../src/learning/metrics/arithmetic/mean.ts';
import { compareModels } from '../../src/learning/metrics/comparison/compare-models.ts';
import { compareRuns } from '../../src/learning/metrics/comparison/compare-runs.ts';
import {
  type MatchedScores,
  matchScores,
} from '../../src/learning/metrics/comparison/match-scores.ts';
import {
  accuracyOfRows,
  aucOfRows,
  differenceOf,
} from '../../src/learning/metrics/comparison/row-statistics.ts';
import { welch } from '../../src/learning/metrics/comparison/welch.ts';
import { competitionScore } from '../../src/learning/metrics/competition-score.ts';
import { normalCdf } from '../../src/learning/metrics/intervals/normal-distribution.ts';
import {
  shareDifference,
  shareInterval,
} from '../../src/learning/metrics/intervals/share-difference.ts';
import { spreadOverRuns } from '../../src/learning/metrics/intervals/spread-over-runs.ts';
import { tInterval } from '../../src/learning/metrics/intervals/student-t.ts';
import type { BinaryRow } from '../../src/learning/metrics/scores/binary-view.ts';
import type { Random } from '../../src/random.ts';
import { scoreLead } from '../../stages/competition/winner-lead.ts';
import { binaryRow, type Design, drawLabels, Evidence } from './populations.ts';
import type { Claim, NullTest, Scenario } from './tally.ts';

/**
 * A model among several that see the same images: normal evidence, of fakes with another deviation.
 */
interface Model {
  readonly shift: number;
  readonly deviation: number;
}

/** How much of the variance of the evidence all models share. */
const common = 0.5;
const level = 0.95;

const areaOf = ({ shift, deviation }: Model): number =>
  normalCdf((2 * shift) / Math.sqrt(1 + deviation ** 2));
const accuracyOf = ({ shift, deviation }: Model, fakes: number): number =>
  (1 - fakes) * normalCdf(shift) + fakes * normalCdf(shift / deviation);

/** The shift with which a model of another deviation has the same area. */
const shiftFor = (model: Model, deviation: number): number =>
  model.shift * Math.sqrt((1 + deviation ** 2) / (1 + model.deviation ** 2));

/** Scores of models on the same images, each on a scale of its own. */
function drawModels(models: readonly Model[], design: Design, random: Random): MatchedScores {
  const { labels, groups } = drawLabels(design, random);
  const shared = new Evidence(random, design);
  const evidences = models.map(() => new Evidence(random, design));
  const rows = models.map((): BinaryRow[] => []);
  for (const [i, label] of labels.entries()) {
    const seen = Math.sqrt(common) * shared.next();
    for (const [m, { shift, deviation }] of models.entries()) {
      const evidence = seen + Math.sqrt(1 - common) * evidences[m]!.next();
      const score = label === 1 ? shift + deviation * evidence : evidence - shift;
      rows[m]!.push(binaryRow('test', i, label, score * (m + 1), groups?.[i]));
    }
  }
  const matched = matchScores(rows.map((of, m) => ({ name: `${m}`, rows: of })));
  if (!matched.ok) throw new Error(`Internal error: ${matched.error}`);
  return matched.value;
}

const fakesOf = ({ images: [real, fake] }: Design): number => fake! / (real! + fake!);

/**
 * Paired tests and intervals of `roc-det` and `compare`, and the lead of `competition`, of models
 * that are alike and of others.
 */
export function comparisonScenario(shift: number, design: Design, draws: number): Scenario {
  const model: Model = { shift, deviation: 1 };
  const wider: Model = { shift: shiftFor(model, 1.5), deviation: 1.5 };
  const better: Model = { shift: 1.4 * shift, deviation: 1 };
  const parameters = 100_000;
  const scoreOf = (of: Model) => competitionScore(areaOf(of), parameters);
  return {
    name: design.name,
    simulate(random, seed) {
      const options = { level, draws, seed };
      const two = (otherModel: Model) =>
        compareModels(drawModels([model, otherModel], design, random), options)[0]!;
      const alike = two(model);
      const otherShape = two(wider);
      const apart = two(better);
      const four = compareModels(drawModels([model, model, model, model], design, random), options);
      const leadBetween = (models: readonly [Model, Model]) => {
        const matched = drawModels(models, design, random);
        const [first, second] = matched.models.map((rows, m) => ({
          name: `${m}`,
          parameters,
          scores: rows.map(differenceOf),
          area: 0,
        }));
        return scoreLead(matched, first!, second!, level);
      };
      const lead = leadBetween([better, model]);
      const none = leadBetween([model, model]);
      const fakes = fakesOf(design);
      const claims: readonly Claim[] = [
        { name: 'difference of AUC, equal models', truth: 0, ends: endsOf(alike.auc) },
        {
          name: 'difference of AUC, equal areas of other shape',
          truth: 0,
          ends: endsOf(otherShape.auc),
        },
        {
          name: 'difference of AUC, unequal models',
          truth: areaOf(model) - areaOf(better),
          ends: endsOf(apart.auc),
        },
        { name: 'difference of accuracy, equal models', truth: 0, ends: endsOf(alike.accuracy) },
        {
          name: 'difference of accuracy, unequal models',
          truth: accuracyOf(model, fakes) - accuracyOf(better, fakes),
          ends: endsOf(apart.accuracy),
        },
        {
          name: 'lead in a competition, unequal models',
          truth: scoreOf(better) / scoreOf(model),
          ends: endsOf(lead.ratio),
        },
        { name: 'lead in a competition, equal models', truth: 1, ends: endsOf(none.ratio) },
      ];
      const tests: readonly NullTest[] = [
        { name: 'AUC, equal models', p: alike.auc.p },
        { name: 'AUC, equal areas of other shape', p: otherShape.auc.p },
        { name: 'accuracy, equal models', p: alike.accuracy.p },
        {
          name: 'AUC, any of six pairs by Holm',
          p: Math.min(...four.map(({ auc }) => auc.adjustedP)),
        },
        {
          name: 'accuracy, any of six pairs by Holm',
          p: Math.min(...four.map(({ accuracy }) => accuracy.adjustedP)),
        },
        { name: 'lead in a competition', p: none.p },
      ];
      return { claims, tests };
    },
  };
}

const endsOf = ({ low, high }: { readonly low: number; readonly high: number }) =>
  [low, high] as const;

/** How much a model's shift varies with its seed. */
const bySeed = 0.1;

/** What `roc-det`, `table` and `trends` print over seeds and between splits. */
export function runsScenario(shift: number, design: Design, draws: number, runs: number): Scenario {
  return {
    name: `${design.name}, ${runs} runs`,
    simulate(random, seed) {
      const drawn = () =>
        Array.from(
          { length: runs },
          (): Model => ({ shift: shift + bySeed * random.normal(), deviation: 1 }),
        );
      const firstSet = drawn();
      const secondSet = drawn();
      const matched = drawModels([...firstSet, ...secondSet], design, random);
      const { labels, groups, models } = matched;
      const indices = [...firstSet.keys()];
      const [compared] = compareRuns(matched, [indices, indices.map((i) => runs + i)], {
        level,
        draws,
        seed,
      });
      const sample = { labels, groups, draws, seed };
      const chosenModels = models.slice(0, runs);
      const fakes = fakesOf(design);
      const areas = spreadOverRuns(
        sample,
        chosenModels.map((rows) => aucOfRows(labels, rows)),
        level,
        { range: [0, 1] },
      );
      const shares = spreadOverRuns(
        sample,
        chosenModels.map((rows) => accuracyOfRows(labels, rows)),
        level,
        {
          range: [0, 1],
          perImage: true,
        },
      );
      const exact = tInterval(firstSet.map(areaOf), level);
      const parts = [firstSet, secondSet].map(
        (of) => [sampleVariance(of.map(areaOf)) / runs, runs - 1] as const,
      );
      const claimsOfSplits = splitClaims(shift, design, random);
      const isGrouped = design.groupSize > 1;
      const claims: readonly Claim[] = [
        {
          name: 'AUC over images, mean of runs',
          truth: mean(firstSet.map(areaOf)),
          ends: endsOf(areas.overImages),
        },
        {
          name: 'accuracy over images, mean of runs',
          truth: mean(firstSet.map((of) => accuracyOf(of, fakes))),
          ends: endsOf(shares.overImages),
        },
        { name: "table: Student's t over seeds", truth: meanArea(shift), ends: endsOf(exact) },
        ...(isGrouped ? [] : claimsOfSplits),
      ];
      const tests: readonly NullTest[] = [
        { name: 'AUC over runs and images', p: compared!.auc.p },
        { name: 'accuracy over runs and images', p: compared!.accuracy.p },
        {
          name: "table: Welch's test over seeds",
          p: welch(mean(firstSet.map(areaOf)) - mean(secondSet.map(areaOf)), parts).p,
        },
      ];
      return { claims, tests };
    },
  };
}

/** Claims about one model on two splits: its accuracy on one, and how much lower it is there. */
function splitClaims(shift: number, design: Design, random: Random): readonly Claim[] {
  const validation = accuracyOn(drawModels([model(shift)], design, random));
  const test = accuracyOn(drawModels([model(shift)], design, random));
  return [
    {
      name: 'trends: accuracy of val minus test',
      truth: 0,
      ends: endsOf(shareDifference(validation, test, level)),
    },
    {
      name: 'plot: share of a confusion',
      truth: accuracyOf(model(shift), fakesOf(design)),
      ends: endsOf(shareInterval(test, level)),
    },
  ];
}

/** The accuracy of the first model, and of how many images. */
function accuracyOn({ labels, models: [rows] }: MatchedScores) {
  const right = rows!.filter(({ label, positive }) => positive > 0 === (label === 1)).length;
  return { value: right / labels.length, images: labels.length };
}

const model = (shift: number): Model => ({ shift, deviation: 1 });

/** The mean area over all seeds, by evenly spaced quantiles. */
function meanArea(shift: number): number {
  // The shift is normal, so the area is that of evidence with its variance added.
  return normalCdf((2 * shift) / Math.sqrt(2 + (2 * bySeed) ** 2));
}
