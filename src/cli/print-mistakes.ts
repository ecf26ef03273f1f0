import type { Diagnostic } from '../engine/diagnostics/diagnostic.ts';
import { formatDiagnostics, formatWarning } from '../engine/diagnostics/format-diagnostic.ts';
import { wantsColour } from '../reporting/terminal/colour.ts';
import { exitCodes } from './exit-codes.ts';

/** Prints the user's mistakes and gives the exit code that goes with them. */
export function printMistakes(mistakes: readonly Diagnostic[]): number {
  process.stderr.write(`${formatDiagnostics(mistakes, { color: wantsColour(process.stderr, process.env) })}\n`);
  return exitCodes.failed;
}

/** Prints what stops nothing, a line each. */
export function printWarnings(warnings: readonly Diagnostic[]): void {
  for (const warning of warnings) process.stderr.write(`warning: ${formatWarning(warning)}\n`);
}
