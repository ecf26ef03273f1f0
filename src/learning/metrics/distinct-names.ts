import type { InputArtifact } from '../../stage.ts';
import { seriesName } from '../charts/series.ts';
import { nameByLabels } from './pair-by-labels.ts';

/**
 * Names of the artifacts of a list port by their axis values, with all labels where these are not
 * distinct, and a number where those are not either.
 */
export function distinctNames(artifacts: readonly InputArtifact[]): readonly string[] {
  const short = artifacts.map(({ labels }) => seriesName(labels));
  if (short.every((name) => name !== '') && new Set(short).size === short.length) return short;
  const full = artifacts.map((_, index) => nameByLabels(artifacts, index));
  return full.map((name, index) =>
    full.indexOf(name) === index ? name : `${name} (${index + 1})`,
  );
}
