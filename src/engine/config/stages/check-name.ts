import type { Reporting, Span } from '../../diagnostics/diagnostic.ts';

/**
 * Names of stages, ports, axes and included pipelines: without characters that have a meaning in a
 * reference.
 */
export const namePattern = /^[\p{L}\p{N}_][\p{L}\p{N}_-]*$/u;

/** Whether a name is valid; reports one that is not. `what` says what it names, such as `stage`. */
export function checkName({ report }: Reporting, name: string, at: Span, what: string): boolean {
  if (namePattern.test(name) && name.length <= 100) return true;
  const message = `"${name.slice(0, 60)}" is not a valid name for a ${what}`;
  const hint = 'A name has letters, digits, "_" and "-", at most 100, and does not begin with "-".';
  report({ code: 'wrong-name', message, at, hint });
  return false;
}
