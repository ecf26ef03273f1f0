import type { SettingMistake } from './stage.ts';

/** The mistake of a stage that takes either of two inputs, when not one of them is connected; light, since specs check it. */
export function oneInput(
  inputs: ReadonlySet<string>,
  [one, other]: readonly [string, string],
): readonly SettingMistake[] {
  if (inputs.has(one) !== inputs.has(other)) return [];
  const got = inputs.has(one) ? 'both' : 'neither';
  return [{ at: [], message: `expected one of the inputs "${one}" and "${other}", got ${got}` }];
}
