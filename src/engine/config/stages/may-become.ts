import type { PendingStage } from '../pipeline.ts';
import { readName } from '../stage-reference.ts';
import { standingLabel } from './axis.ts';

/**
 * Whether a stage of some name may be one of those that a pipeline does not know yet: what it
 * published, and its results, are still the pipeline's.
 */
export function mayBecome(pending: readonly PendingStage[], name: string): boolean {
  if (pending.length === 0) return false;
  const { stage, selection } = readName(name);
  return pending.some((node) => {
    const open = readName(node.name);
    const agrees = ([axis, label]: readonly [string, string]) =>
      label === standingLabel || selection.get(axis) === label;
    return open.stage === stage && [...open.selection].every(agrees);
  });
}
