import { Random } from '../../../random.ts';

/** How many random exchanges are made where these are too many to make all. */
export interface Exchanges {
  readonly draws: number;
  readonly seed: number;
}

/**
 * The p-value of a test that exchanges two conditions, such as two models, unit by unit (Fisher
 * 1935, "The design of experiments", section 21): the share of exchanges whose statistic is at
 * least as far from 0 as the observed one, which exchanges nothing. Where neither condition is
 * better, every exchange was as likely. All 2^units exchanges are made where there are at most
 * `draws`, and the p-value is exact; otherwise that many random ones and the observed one.
 *
 * Example: the values 1, 2, 3, whose sign an exchange changes, have 2 of 8 sums as far from 0 as
 * their own: 0.25.
 *
 * @param isAsFar Of an exchange, for each unit 1 if it is exchanged and else 0. The array is
 * reused.
 */
export function exchangeTest(
  units: number,
  isAsFar: (exchanged: Uint8Array) => boolean,
  { draws, seed }: Exchanges,
): number {
  const exchanged = new Uint8Array(units);
  let asFar = 0;
  if (2 ** units <= draws) {
    for (let way = 0; way < 2 ** units; way++) {
      for (let unit = 0; unit < units; unit++) exchanged[unit] = (way >> unit) & 1;
      if (isAsFar(exchanged)) asFar++;
    }
    return asFar / 2 ** units;
  }
  const random = new Random('signs', seed);
  for (let draw = 0; draw < draws; draw++) {
    for (let unit = 0; unit < units; unit++) exchanged[unit] = random.float() < 0.5 ? 1 : 0;
    if (isAsFar(exchanged)) asFar++;
  }
  return (1 + asFar) / (1 + draws);
}
