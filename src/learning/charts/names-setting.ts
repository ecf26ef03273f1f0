import { z } from 'zod';
import { StageError } from '../../stage.ts';
import { thereAre } from '../../suggest.ts';

/** The setting `names` of kinds that compare models; light, for their specs. */
export const namesSetting = z
  .record(z.string(), z.string().min(1))
  .exactOptional()
  .describe(
    'What legends and tables call the models, by the stage, axis or axis value that distinguishes them: { torchScores: MyNet in PyTorch }.',
  );

/**
 * Items with the user's names in their labels. Throws a {@link StageError} for a name that no label
 * has; `what` are the items.
 */
export function renamed<T extends { readonly labels: Readonly<Record<string, string>> }>(
  items: readonly T[],
  names: Readonly<Record<string, string>> = {},
  what: string,
): readonly T[] {
  const known = new Set(items.flatMap(({ labels }) => Object.entries(labels).flat()));
  const stray = Object.keys(names).find((name) => !known.has(name));
  if (stray !== undefined) {
    throw new StageError(
      `Expected a stage, an axis or an axis value of the ${what} in "names", got "${stray}". ${thereAre(stray, known)}`,
    );
  }
  const nameOf = (label: readonly string[]) => label.map((name) => names[name] ?? name);
  return items.map((item) => ({
    ...item,
    labels: Object.fromEntries(Object.entries(item.labels).map(nameOf)),
  }));
}
