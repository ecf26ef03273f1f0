import { formatList } from './format-numbers.ts';
import type { SettingMistake } from './stage.ts';

/** One mistake of the settings where something is wrong, none otherwise. */
export const mistakeIf = (
  isWrong: boolean,
  at: readonly string[],
  message: string,
): readonly SettingMistake[] => (isWrong ? [{ at, message }] : []);

/**
 * The mistake of a stage that takes exactly one of several inputs, if any. Loads no library, since
 * specs call it.
 */
export function oneInput(
  inputs: ReadonlySet<string>,
  ports: readonly string[],
): readonly SettingMistake[] {
  const connected = ports.filter((port) => inputs.has(port));
  if (connected.length === 1) return [];
  const fewOrBoth = connected.length === 0 ? 'neither' : 'both';
  const got = ports.length > 2 ? listed(connected) || 'none' : fewOrBoth;
  return [{ at: [], message: `expected one of the inputs ${listed(ports)}, got ${got}` }];
}

const listed = (names: readonly string[]) => formatList(names.map((name) => `"${name}"`));
