import type { KnownInputs, SettingMistake } from '../../stage.ts';

/**
 * The mistake of a number of a split, named by the setting `by`, that metrics of `evaluate` are
 * known not to have.
 */
export function splitMissing(
  split: string,
  inputs: KnownInputs,
  port: string,
): readonly SettingMistake[] {
  const measured = inputs(port).flatMap(({ facts }) => {
    const splits = facts?.['splits'] as readonly string[] | undefined;
    return splits === undefined || splits.includes(split) ? [] : [splits];
  });
  const [others] = measured;
  if (others === undefined) return [];
  const message = `expected metrics of the split "${split}", but only ${others.join(' and ')} is measured`;
  return [{ at: ['by'], message }];
}
