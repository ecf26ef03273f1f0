import type { FingerprintDifference } from '../fingerprint/diff-fingerprints.ts';
import type { Json } from '../json.ts';

/** One difference between two fingerprints as a clause: `settings.epochs: 5 → 8`, `input dataset changed`. */
export function formatChange({ path, before, after }: FingerprintDifference): string {
  const input = /^inputs\.([^.[]+)/.exec(path)?.[1];
  if (input !== undefined) {
    if (before === undefined) return `input ${input} is new`;
    if (after === undefined) return `input ${input} was dropped`;
    return `input ${input} changed`;
  }
  if (before === undefined) return `${path}: set to ${show(after)}`;
  if (after === undefined) return `${path}: ${show(before)} → default`;
  return `${path}: ${show(before)} → ${show(after)}`;
}

function show(value: Json | undefined): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}
