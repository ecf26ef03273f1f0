/**
 * How often the test of `bias` finds a property that decides nothing. The detector responds to the
 * property, which has one distribution in both classes: an exchange between the classes then moves
 * scores no more than one within a class.
 *   node --import tsx bench/statistics/exchanges.ts            # 2,000 data sets of each kind
 *   node --import tsx bench/statistics/exchanges.ts 200 400    # so many, with so many draws
 */
import type { BinaryRow } from '../../src/learning/metrics/scores/binary-view.ts';
import { permutation, Random } from '../../src/random.ts';
import { measureBias } from '../../stages/bias/measure-bias.ts';

const [sets = 2_000, draws = 400] = process.argv.slice(2).map(Number);

/** Images of both classes, how many of each group, and how strongly the detector responds. */
interface Design {
  readonly real: number;
  readonly fake: number;
  readonly perGroup: number;
  readonly response: number;
}

const designs: readonly Design[] = [
  { real: 100, fake: 100, perGroup: 1, response: 0 },
  { real: 100, fake: 100, perGroup: 1, response: 1 },
  { real: 30, fake: 30, perGroup: 1, response: 3 },
  { real: 200, fake: 200, perGroup: 5, response: 1 },
  { real: 200, fake: 100, perGroup: 1, response: 1 },
];

/** Half of the variance of evidence and property is that of the group. */
const common = 0.5;

for (const design of designs) {
  let rejected = 0;
  for (let set = 0; set < sets; set++)
    if (pOf(design, new Random('exchanges', set)) < 0.05) rejected++;
  const share = rejected / sets;
  const error = Math.sqrt((share * (1 - share)) / sets);
  const { real, fake, perGroup, response } = design;
  console.log(
    `${real} + ${fake} images, ${perGroup} a group, response ${response}: ${(100 * share).toFixed(1)} % ± ${(100 * error).toFixed(1)} %`,
  );
}

function pOf({ real, fake, perGroup, response }: Design, random: Random): number {
  const labels = Array.from({ length: real + fake }, (_, i) => (i < real ? 0 : 1) as 0 | 1);
  const groups = labels.map((label, i) => `${label}-${Math.floor(i / perGroup)}`);
  const drawn = () => {
    const ofGroups = new Map(groups.map((group) => [group, random.normal()]));
    return groups.map(
      (group) => Math.sqrt(common) * ofGroups.get(group)! + Math.sqrt(1 - common) * random.normal(),
    );
  };
  const evidence = drawn().map((value, i) => value + labels[i]!);
  const property = drawn();
  const rowsWith = (partners: readonly number[]): readonly BinaryRow[] =>
    labels.map((label, i) => ({
      key: `${i}`,
      split: 'test',
      label,
      negative: 0,
      positive: evidence[i]! + response * property[partners[i]!]! + 0.1 * random.normal(),
      ...(perGroup > 1 && { group: groups[i]! }),
    }));
  const sides = ['real', 'fake'] as const;
  const all = [...labels.keys()];
  const exchanged = (isOwn: boolean) => {
    const drawn = partnersOf(labels, isOwn, random);
    const partners = new Map(drawn.map((partner, i) => [`${i}`, `${partner}`]));
    return { rows: rowsWith(drawn), sides, partners };
  };
  const biases = measureBias(
    { rows: rowsWith(all), sides },
    [{ property: 'property', own: exchanged(true), other: exchanged(false) }],
    { confidence: 0.95, draws, seed: 1 },
  );
  if (!biases.ok) throw new Error(`Internal error: ${biases.error}`);
  return biases.value[0]!.shift.p;
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
