import type { Diagnostic } from '../diagnostics/diagnostic.ts';
import { formatDiagnostics } from '../diagnostics/format-diagnostic.ts';
import { wantsColour } from '../reporters/colour.ts';
import { exitCodes } from './exit-codes.ts';

/** Prints the user's mistakes and gives the exit code that goes with them. */
export function printMistakes(mistakes: readonly Diagnostic[]): number {
  process.stderr.write(`${formatDiagnostics(mistakes, { color: wantsColour(process.stderr, process.env) })}\n`);
  return exitCodes.failed;
}
