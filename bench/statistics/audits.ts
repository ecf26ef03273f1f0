import { mean } from '../../src/learning/metrics/arithmetic/mean.ts';
import { crossValidatedAuc } from '../../src/learning/metrics/multivariate/cross-validated-auc.ts';
import { groupedFolds } from '../../src/learning/metrics/multivariate/grouped-folds.ts';
import { ringCount } from '../../src/learning/vision/forensics/radial-spectrum.ts';
import { Random } from '../../src/random.ts';
import { spectrumGap } from '../../stages/audit/spectrum.ts';
import type { ExaminedImage } from '../../stages/audit/survey.ts';
import { partialValue } from '../../test/support/partial-value.ts';
import { type Design, drawLabels, Evidence } from './populations.ts';
import type { Scenario } from './tally.ts';

/** Columns of a shortcut, of which the first differs between the classes. */
const columns = 8;

/** What `audit` prints of a shortcut, and of the spectra of two classes that are alike. */
export function auditScenario(apart: number, design: Design): Scenario {
  // The area that a rule fitted to so many images has: the mean over other data sets.
  const others = 200;
  const truth = mean(
    Array.from({ length: others }, (_, set) => {
      return shortcutOf(apart, design, new Random('audit', apart, design.name, set), set).estimate;
    }),
  );
  return {
    name: design.name,
    simulate(random, seed) {
      const { low, high, p } = shortcutOf(apart, design, random, seed);
      const claims = [{ name: 'AUC of a shortcut', truth, ends: [low, high] as const }];
      if (apart > 0) return { claims };
      const gap = gapOf(design, random);
      const tests = [
        { name: 'shortcut', p },
        { name: 'clearest ring of the spectrum', p: gap.p ?? Number.NaN },
      ];
      return { claims, tests };
    },
  };
}

/** The separation by columns whose images of a group are alike. */
function shortcutOf(apart: number, design: Design, random: Random, seed: number) {
  const { labels, groups } = drawLabels(design, random);
  const evidence = Array.from({ length: columns }, () => new Evidence(random, design));
  const values = labels.flatMap((label) =>
    evidence.map((of, column) => of.next() + (column === 0 ? apart * label : 0)),
  );
  const numbers = labels.map((_, i) =>
    groups === undefined ? i : Math.floor(i / design.groupSize),
  );
  const folds = groupedFolds(labels, numbers, { count: 5, seed });
  const items = { values: Float64Array.from(values), labels, groups: numbers, folds };
  return crossValidatedAuc(items, { confidence: 0.95, seed });
}

/** Spectra whose neighbouring rings are alike. */
function gapOf(design: Design, random: Random) {
  const { labels, groups } = drawLabels(design, random);
  const level = new Evidence(random, design);
  const rings = Array.from({ length: ringCount }, () => new Evidence(random, design));
  const images = labels.map((label) => {
    const common = level.next();
    const spectrum = Float32Array.from(rings, (ring) => (common + ring.next()) * Math.SQRT1_2);
    return partialValue<ExaminedImage>({ label, look: { spectrum } });
  });
  return spectrumGap(images, groups ?? labels.map((_, i) => `${i}`));
}
