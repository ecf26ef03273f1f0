/**
 * A value as one word for `sh`, whatever it holds.
 *
 * Plain words stay bare, so that they also work where the user has already written double quotes around them; `=` is
 * not plain, since a first word with it would be an assignment. A quoted word never holds `${`, so a later replacement
 * of `${inputs.x}` in the same command finds only what the user wrote there.
 */
export function shellQuote(value: string): string {
  if (/^[A-Za-z0-9_@%+:,./-]+$/.test(value)) return value;
  const escaped = value.replaceAll("'", "'\\''").replaceAll('${', () => "$''{"); // a function: `$'` is special in a string
  return `'${escaped}'`;
}
