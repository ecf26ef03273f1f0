import { changesBetween } from '../../engine/plan/changes.ts';
import { describeChange } from '../../engine/plan/describe-decision.ts';
import type { FolderStore } from '../../engine/store/folder-store.ts';
import { baseName, type PastRun } from './past-run.ts';

/**
 * In what a run differed from the run of its pipeline before, as clauses such as `fit: settings.epochs: 5 → 8`; instances
 * of a matrix that changed alike are one. Inputs are named only where nothing else changed, since they follow from the
 * stages before. Empty where the results are gone.
 */
export function runChanges(run: PastRun, before: PastRun | undefined, store: FolderStore): readonly string[] {
  if (run.record === undefined || before?.record === undefined) return [];
  const [causes, inputs] = [new Set<string>(), new Set<string>()];
  for (const [name, { result }] of Object.entries(run.record.stages)) {
    const last = before.record.stages[name];
    if (last === undefined) causes.add(`${baseName(name)} is new`);
    if (result === undefined || last?.result === undefined || last.result === result) continue;
    const [then, now] = [store.readResult(last.result), store.readResult(result)];
    if (then === undefined || now === undefined) continue;
    const details = { filesOf: () => undefined, changedCode: () => [] };
    for (const change of changesBetween(then.fingerprint, now.fingerprint, details)) {
      (change.of === 'input' ? inputs : causes).add(`${baseName(name)}: ${describeChange(change)}`);
    }
  }
  return [...(causes.size > 0 ? causes : inputs)];
}
