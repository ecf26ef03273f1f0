import type { Fingerprint } from '../engine/fingerprint/fingerprint.ts';
import type { StageResult } from '../engine/store/stage-result.ts';
import type { JsonObject } from '../json.ts';

/**
 * Fills in the defaults of a kind; undefined where those of this version of the kind are not known.
 */
export type FillDefaults = (fingerprint: Fingerprint) => JsonObject | undefined;

/**
 * The settings that a stage got, defaults included. Results of older versions of Restage have only
 * those that differ from the default: `fill` adds the others. Undefined where it cannot.
 */
export const effectiveSettings = (
  { record, fingerprint }: StageResult,
  fill: FillDefaults,
): JsonObject | undefined => record.settings ?? fill(fingerprint);

/** A fingerprint, and all settings where they are known. */
interface Described {
  readonly fingerprint: Fingerprint;
  readonly settings?: JsonObject | undefined;
}

/**
 * Fingerprints to compare: with all settings where each knows them. Beside partial ones, every
 * default would differ.
 */
export const comparable = (described: readonly Described[]): readonly Fingerprint[] =>
  described.map(({ fingerprint, settings }) =>
    described.every((result) => result.settings !== undefined)
      ? { ...fingerprint, settings: settings! }
      : fingerprint,
  );

/** The same for two results. */
export function comparableResults(
  firstResult: StageResult,
  secondResult: StageResult,
  fill: FillDefaults,
): readonly [Fingerprint, Fingerprint] {
  const described = [firstResult, secondResult].map((result) => {
    return { fingerprint: result.fingerprint, settings: effectiveSettings(result, fill) };
  });
  const [first, second] = comparable(described);
  return [first!, second!];
}
