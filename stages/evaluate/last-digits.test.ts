import { test } from 'node:test';
import type { ScoreScale } from '../../src/learning/metrics/arithmetic/logits.ts';
import type { ScoreTable } from '../../src/learning/metrics/scores/scores-file.ts';
import { Random } from '../../src/random.ts';
import { assertGolden } from '../../test/support/golden.ts';
import { evaluate } from './evaluation.ts';

interface Case {
  readonly name: string;
  readonly classes: readonly string[];
  /** A label that the model does not know. */
  readonly stranger?: string;
  readonly positive?: readonly string[];
  readonly scale?: ScoreScale;
  /** Whether scores are whole numbers, many of which are equal. */
  readonly isRounded?: boolean;
}

const two = ['real', 'fake'];
const five = ['a', 'b', 'c', 'd', 'e'];
const cases: readonly Case[] = [
  { name: 'two classes', classes: two },
  { name: 'two classes with equal scores', classes: two, isRounded: true },
  { name: 'probabilities of two classes', classes: two, scale: 'probabilities' },
  { name: 'two classes and images of a third', classes: two, stranger: 'other' },
  { name: 'five classes', classes: five },
  { name: 'five classes with equal scores', classes: five, isRounded: true },
  { name: 'two sides of five classes', classes: five, positive: ['d', 'e'] },
];

/** Scores of 40 images of val and 60 of test, in groups. */
function tableOf({ name, classes, stranger, scale, isRounded = false }: Case): ScoreTable {
  const random = new Random('last digits', name);
  const names = stranger === undefined ? classes : [...classes, stranger];
  const rows = ['val', 'test'].flatMap((split) =>
    Array.from({ length: split === 'val' ? 40 : 60 }, (_, image) => {
      const label = random.integer(names.length);
      const logits = classes.map((_, c) => 1.5 * random.normal() + (c === label ? 1 : 0));
      const powers = logits.map(Math.exp);
      const total = powers.reduce((sum, power) => sum + power, 0);
      const shares = powers.map((power) => power / total);
      const given = scale === 'probabilities' ? shares : logits;
      const scores = isRounded ? given.map(Math.round) : given;
      return { key: `${image}`, split, label, scores, group: `group ${image % 25}` };
    }),
  );
  return { classes, names, rows, ...(scale && { scale }) };
}

for (const given of cases) {
  test(`no digit of any metric changes with the code: ${given.name}`, async () => {
    const measured = await evaluate(tableOf(given), {
      splits: ['val', 'test'],
      positive: given.positive,
      confidence: 0.95,
      draws: 50,
      seed: 1,
      threads: 1,
      sliceBy: 'accuracy',
      chosenEpoch: 0,
    });
    const file = `golden/last-digits-of-${given.name.replaceAll(' ', '-')}.json`;
    assertGolden(measured, new URL(file, import.meta.url));
  });
}
