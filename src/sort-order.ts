/**
 * The order of two numbers, or of two texts by their UTF-16 code units: negative, 0 or positive,
 * for `sort`. Unlike a difference it takes infinite numbers; unlike `localeCompare` it is the same
 * on every machine.
 */
export const compare = <T extends number | string>(a: T, b: T): number =>
  Number(a > b) - Number(a < b);
