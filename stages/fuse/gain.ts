import { aucGain, gainCells, gainColumns } from '../../src/learning/metrics/comparison/auc-gain.ts';
import type { ScoreTable } from '../../src/learning/metrics/scores/scores-file.ts';
import { selectionSplit } from '../../src/learning/training/splits.ts';
import type { Highlight } from '../../src/stage.ts';
import type { NamedTable } from './align-scores.ts';

/**
 * What the fusion gains over the model that is best on val, split by split; undefined where no
 * model is the best, since the scores have no two sides, or val not both.
 */
export function gainTable(
  models: readonly NamedTable[],
  fused: ScoreTable,
  confidence: number,
): Highlight | undefined {
  const best = bestOf(models, fused, confidence);
  if (best === undefined) return undefined;
  const splits = new Set(fused.rows.map(({ split }) => split));
  const rows = [...splits].flatMap((split) => {
    const gain = aucGain(fused, best.table, { split, confidence });
    if (gain === undefined) return [];
    const cells = gainCells(gain);
    // The best model was chosen on val, and weights may have been fitted to it.
    return [[split, ...(split === selectionSplit ? cells.with(-1, '') : cells)]];
  });
  return {
    title: `Fusion against ${best.name}, the best on ${selectionSplit}`,
    columns: ['split', ...gainColumns('fused', best.name, confidence)],
    rows,
  };
}

/** The model with the largest area on val, the first of equal ones. */
function bestOf(
  models: readonly NamedTable[],
  fused: ScoreTable,
  confidence: number,
): NamedTable | undefined {
  let best: { readonly model: NamedTable; readonly area: number } | undefined;
  for (const model of models) {
    const gain = aucGain(fused, model.table, { split: selectionSplit, confidence });
    if (gain === undefined) return undefined;
    const area = gain.usual.estimate;
    if (best === undefined || area > best.area) best = { model, area };
  }
  return best?.model;
}
