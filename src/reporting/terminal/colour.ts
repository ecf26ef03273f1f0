/** Styles as ECMA-48 numbers them: on, off. */
const codes = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  cyan: [36, 39],
} as const;

export type Style = keyof typeof codes;

/** Gives a text a style, or nothing where colours are off. */
export type Paint = (style: Style, text: string) => string;

/** `util.styleText` is not used: what it does depends on the Node version and on `process.stdout`. */
export function createPaint(coloured: boolean): Paint {
  if (!coloured) return (_, text) => text;
  return (style, text) => `\u001b[${codes[style][0]}m${text}\u001b[${codes[style][1]}m`;
}

/**
 * Whether to colour: on a terminal that can, unless `NO_COLOR` is set; `FORCE_COLOR` wins over all, as Node itself has it
 * (`0` and `false` force them off).
 */
export function wantsColour(
  stream: { readonly isTTY?: boolean },
  env: Readonly<Record<string, string | undefined>>,
): boolean {
  const forced = env['FORCE_COLOR'];
  if (forced !== undefined) return forced !== '0' && forced !== 'false';
  return (env['NO_COLOR'] ?? '') === '' && env['TERM'] !== 'dumb' && stream.isTTY === true;
}
