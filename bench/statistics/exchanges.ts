import { normalCdf } from '../../src/learning/metrics/intervals/normal-distribution.ts';
import type { BinaryRow } from '../../src/learning/metrics/scores/binary-view.ts';
import { permutation, type Random } from '../../src/random.ts';
import { measureBias } from '../../stages/bias/measure-bias.ts';
import { binaryRow, type Design, drawLabels, Evidence } from './populations.ts';
import type { Claim, Scenario } from './tally.ts';

/** A detector by what it responds to. */
export interface Responding {
  /** How much higher the evidence of fakes is than that of real images, in deviations. */
  readonly apart: number;
  /** How strongly it responds to the property. */
  readonly response: number;
  /** How much more of the property fakes have, in deviations; without, it decides nothing. */
  readonly gap: number;
}

/** The deviation of what the exchange itself changes. */
const noise = 0.1;

/**
 * Everything that `bias` prints of a property, which the images exchange as the kind `exchange`
 * does. Where the property has one distribution in both classes, an exchange between the classes
 * moves scores no more than one within a class.
 */
export function exchangeScenario(detector: Responding, design: Design, draws: number): Scenario {
  const { apart, response, gap } = detector;
  const variance = 1 + response ** 2 + noise ** 2;
  const areaAt = (difference: number) => normalCdf(difference / Math.sqrt(2 * variance));
  const before = areaAt(apart + response * gap);
  const after = areaAt(apart - response * gap);
  const [real, fake] = design.images;
  const given = Math.min(real!, fake!) / Math.max(real!, fake!);
  const share = fake! / (real! + fake!);
  const between = share * (1 - share) * (apart + response * gap) ** 2;
  // Givers of the larger class have a taker of the other class only in part.
  const shift = (response * gap * (1 + given)) / 2 / Math.sqrt(variance + between);
  return {
    name: design.name,
    simulate(random, seed) {
      const { unchanged, own, other } = drawExchange(detector, design, random);
      const measured = measureBias(unchanged, [{ property: 'property', own, other }], {
        confidence: 0.95,
        draws,
        seed,
      });
      if (!measured.ok) throw new Error(`Internal error: ${measured.error}`);
      const [bias] = measured.value;
      const claim = (
        name: string,
        truth: number,
        { low, high }: { readonly low: number; readonly high: number },
      ): Claim => ({ name, truth, ends: [low, high] });
      const claims = [
        claim('AUC before', before, bias!.before),
        claim('AUC of the control', before, bias!.control),
        claim('AUC after', after, bias!.after),
        claim('difference of AUC', after - before, bias!.difference),
        claim('AUC that is left', (after - 0.5) / (before - 0.5), bias!.left),
        claim('shift', shift, bias!.shift),
      ];
      const tests = gap === 0 ? [{ name: 'shift', p: bias!.shift.p }] : [];
      return { claims, tests };
    },
  };
}

/** The scores of images, and those with the property of partners of the own class and the other. */
function drawExchange({ apart, response, gap }: Responding, design: Design, random: Random) {
  const { labels, groups } = drawLabels(design, random);
  const evidences = new Evidence(random, design);
  const properties = new Evidence(random, design);
  const evidence = labels.map((label) => evidences.next() + apart * label);
  const property = labels.map((label) => properties.next() + gap * label);
  const rowsWith = (partners: readonly number[]): readonly BinaryRow[] =>
    labels.map((label, i) => {
      const score = evidence[i]! + response * property[partners[i]!]! + noise * random.normal();
      return binaryRow('test', i, label, score, groups?.[i]);
    });
  const sides = ['real', 'fake'] as const;
  const exchanged = (isOwn: boolean) => {
    const drawn = partnersOf(labels, isOwn, random);
    const partners = new Map(drawn.map((partner, i) => [`${i}`, `${partner}`]));
    return { rows: rowsWith(drawn), sides, partners };
  };
  const unchanged = { rows: rowsWith([...labels.keys()]), sides };
  return { unchanged, own: exchanged(true), other: exchanged(false) };
}

/** As `exchange` draws them. */
function partnersOf(labels: readonly number[], isOwn: boolean, random: Random): readonly number[] {
  const partners = new Array<number>(labels.length);
  for (const label of [0, 1]) {
    const order = (wanted: number) => {
      const indices = [...labels.keys()].filter((i) => labels[i] === wanted);
      return Array.from(permutation(indices.length, random), (place) => indices[place]!);
    };
    const own = order(label);
    const others = order(1 - label);
    for (const [place, index] of own.entries())
      partners[index] = isOwn ? own[(place + 1) % own.length]! : others[place % others.length]!;
  }
  return partners;
}
