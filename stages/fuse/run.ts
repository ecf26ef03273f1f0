import { writeFileSync } from 'node:fs';
import { csvTable } from '../../src/csv.ts';
import { formatMetric } from '../../src/format-numbers.ts';
import { distinctNames } from '../../src/learning/metrics/distinct-names.ts';
import { readScoreTable } from '../../src/learning/metrics/scores/read-split-scores.ts';
import { formatScores, type ScoreTable } from '../../src/learning/metrics/scores/scores-file.ts';
import { selectionSplit } from '../../src/learning/training/splits.ts';
import { type StageContext, StageError } from '../../src/stage.ts';
import { thereAre } from '../../src/suggest.ts';
import { type AlignedScores, alignScores } from './align-scores.ts';
import {
  type FittedImages,
  type Fusion,
  fitWeights,
  meanOfLogits,
  meanOfRanks,
  spreadOf,
} from './fusion.ts';
import { gainTable } from './gain.ts';
import type { FuseSettings } from './spec.ts';

type Context = StageContext<FuseSettings>;

export default async function run(context: Context): Promise<void> {
  const inputs = context.inputs('scores');
  const names = distinctNames(inputs);
  const models = inputs.map(({ path }, index) => {
    const name = names[index]!;
    return { name, table: readScoreTable(path, `Input "scores" of ${name}`) };
  });
  const aligned = alignScores(models);
  if (!aligned.ok) throw new StageError(`Input "scores": ${aligned.error}.`);
  const { table, logits } = aligned.value;
  const val = imagesOfVal(table);
  const fusion = fuse(context, aligned.value, val);
  const fused: ScoreTable = {
    ...table,
    scale: 'logits',
    rows: table.rows.map((row, image) => ({ ...row, scores: fusion.logits[image]! })),
  };
  writeFileSync(context.output('scores'), formatScores(fused));
  const spreads = logits.map((images) => spreadOf(images, val.indices));
  const rows = names.map((model, m) => ({
    model,
    weight: fusion.weights[m]!,
    spread: spreads[m]!,
  }));
  writeFileSync(context.output('weights'), csvTable(rows));
  if (context.settings.by === 'weights') {
    context.highlight({
      title: `Weights, fitted to ${val.indices.length} images of ${selectionSplit}`,
      role: 'choice',
      columns: ['model', 'weight', `spread of its logits on ${selectionSplit}`, 'share of the sum'],
      rows: rows.map(({ model, weight, spread }) => [
        model,
        formatMetric(weight),
        formatMetric(spread),
        formatMetric(weight * spread),
      ]),
    });
  }
  const gain = gainTable(models, fused, context.settings.confidence);
  if (gain !== undefined) context.highlight(gain);
  else {
    context.info(
      `No gain over the best model of ${selectionSplit} is shown: that needs images of two classes there.`,
    );
  }
}

function fuse(context: Context, { table, logits }: AlignedScores, val: FittedImages): Fusion {
  const { by } = context.settings;
  if (by === 'logits') return meanOfLogits(logits);
  if (val.indices.length === 0) {
    const splits = new Set(table.rows.map(({ split }) => split));
    throw new StageError(
      `Expected scores of ${selectionSplit}, to which "${by}" is fitted, got none. ${thereAre(selectionSplit, splits)}`,
    );
  }
  if (by === 'ranks') return meanOfRanks(logits, val);
  return fitWeights(logits, val);
}

/** The labelled images of val that a model knows the classes of. */
function imagesOfVal({ rows, classes }: ScoreTable): FittedImages {
  const indices = rows.flatMap(({ split, label }, index) =>
    split === selectionSplit && label >= 0 && label < classes.length ? [index] : [],
  );
  return { indices, labels: indices.map((index) => rows[index]!.label) };
}
