import picocolors from 'picocolors';

/**
 * Functions that give a text a style, or leave it as it is where colours are off:
 * `paint.red('no')`.
 */
export type Paint = ReturnType<typeof picocolors.createColors>;

export const createPaint = (coloured: boolean): Paint => picocolors.createColors(coloured);

/**
 * Whether to colour: on a terminal without `NO_COLOR`; `FORCE_COLOR` wins, and `0` and `false` turn
 * colours off.
 */
export function wantsColour(
  stream: { readonly isTTY?: boolean },
  env: Readonly<Record<string, string | undefined>>,
): boolean {
  const forced = env['FORCE_COLOR'];
  if (forced !== undefined) return forced !== '0' && forced !== 'false';
  return (env['NO_COLOR'] ?? '') === '' && env['TERM'] !== 'dumb' && stream.isTTY === true;
}

/**
 * What reporters write to: `process.stdout`, or a test's own. Sizes are undefined where it is no
 * terminal.
 */
export interface OutputStream {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
}

/** Whether a stream is a terminal on which lines can be redrawn; that of CI is a log. */
export const canDraw = (
  stream: OutputStream,
  env: Readonly<Record<string, string | undefined>>,
): boolean => stream.isTTY === true && env['TERM'] !== 'dumb' && (env['CI'] ?? '') === '';
