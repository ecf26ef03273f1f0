import type { Diagnostic } from '../engine/diagnostics/diagnostic.ts';
import { formatDiagnostics, formatWarning } from '../engine/diagnostics/format-diagnostic.ts';
import { wantsColour } from '../reporting/terminal/colour.ts';

/** Prints the user's mistakes, with their places. */
export function printMistakes(mistakes: readonly Diagnostic[]): void {
  process.stderr.write(`${formatDiagnostics(mistakes, { color: wantsColour(process.stderr, process.env) })}\n`);
}

/** Prints what stops nothing, a line each. */
export function printWarnings(warnings: readonly Diagnostic[]): void {
  for (const warning of warnings) process.stderr.write(`warning: ${formatWarning(warning)}\n`);
}
