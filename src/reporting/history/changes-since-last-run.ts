import { describeChange } from '../../engine/plan/describe-decision.ts';
import { changesBetween } from '../../engine/plan/fingerprint-changes.ts';
import type { LocalStore } from '../../engine/store/local-store.ts';
import { comparableResults, type FillDefaults } from '../effective-settings.ts';
import { baseName } from '../stage-base-name.ts';
import type { PastRun } from './past-run.ts';

/**
 * How a run differed from the one before, as `fit: settings.epochs: 5 → 8`; inputs only if nothing
 * else differs.
 */
export function runChanges(
  run: PastRun,
  before: PastRun | undefined,
  { store, fill }: { readonly store: LocalStore; readonly fill: FillDefaults },
): readonly string[] {
  if (run.record === undefined || before?.record === undefined) return [];
  const causes = new Set<string>();
  const inputs = new Set<string>();
  for (const [name, { result }] of Object.entries(run.record.stages)) {
    const last = before.record.stages[name];
    if (last === undefined) causes.add(`${baseName(name)} is new`);
    if (result === undefined || last?.result === undefined || last.result === result) continue;
    const then = store.readResult(last.result);
    const now = store.readResult(result);
    if (then === undefined || now === undefined) continue;
    const details = { filesOf: () => undefined, changedCode: () => [] };
    for (const change of changesBetween(...comparableResults(then, now, fill), details)) {
      (change.of === 'input' ? inputs : causes).add(`${baseName(name)}: ${describeChange(change)}`);
    }
  }
  return [...(causes.size > 0 ? causes : inputs)];
}
