import { hostname } from 'node:os';
import type { KindSources } from '../store/kind-build.ts';

/**
 * The files, packages and interpreter that differ between two programs, as clauses; empty if none
 * do.
 */
export function describeDifference(decided: KindSources, here: KindSources): string {
  const has = Object.keys(here).filter((name) => here[name] !== decided[name]);
  const lacks = Object.keys(decided).filter((name) => !Object.hasOwn(here, name));
  const parts = Object.entries({ 'it has': has, 'it lacks': lacks }).filter(
    ([, names]) => names.length > 0,
  );
  return parts.map(([verb, names]) => `${verb} ${names.join(', ')}`).join('; ');
}

/** The end of a ticket on a machine whose code is not that of the run; `differs` is a clause. */
export const otherCode = (differs: string) => ({
  type: 'refused' as const,
  what: 'code' as const,
  message: `${hostname()} differs from the machine that decided about the stage: ${differs}`,
});

/** The end of a ticket that reads what has changed since the stage was decided. */
export const refusedInput = (path: string, when = 'waited for its job') => ({
  type: 'refused' as const,
  what: 'input' as const,
  message: `${path} changed while the stage ${when}`,
});
