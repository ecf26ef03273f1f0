import { readFileSync } from 'node:fs';
import { parseScores, type ScoreRow } from '../../src/learning/metrics/scores-file.ts';
import { openTwoClasses } from '../../src/learning/training/open-two-classes.ts';
import { type StageContext, StageError } from '../../src/stage.ts';
import { thereAre } from '../../src/suggest.ts';
import type { EvaluateSettings } from './spec.ts';

/** The connected scores, for the splits of the settings. */
export function readScores(context: StageContext<EvaluateSettings>): readonly ScoreRow[] {
  const { path } = context.input('scores');
  const scores = parseScores(readFileSync(path, 'utf8'));
  if (!scores.ok) throw new StageError(`Input "scores", ${path}: ${scores.error}.`);
  const splits = new Set(scores.value.map(({ split }) => split));
  const rows = context.settings.splits.flatMap((split) => {
    if (splits.has(split)) return scores.value.filter((row) => row.split === split);
    throw new StageError(
      `Expected one of the splits of the scores, got "${split}". ${thereAre(split, splits)} Set "splits".`,
    );
  });
  return context.inputs('dataset').length === 0 ? rows : completed(rows, context);
}

/** The rows, completed with the source and group of their images in the data set. */
function completed(rows: readonly ScoreRow[], context: StageContext<EvaluateSettings>): readonly ScoreRow[] {
  using dataset = openTwoClasses(context.input('dataset').path, context.settings.splits);
  const samples = new Map(
    context.settings.splits.flatMap((split) =>
      dataset.split(split).samples.map((sample) => [JSON.stringify([split, sample.key]), sample] as const),
    ),
  );
  return rows.map((row) => {
    const sample = samples.get(JSON.stringify([row.split, row.key]));
    if (sample === undefined) {
      const [first] = dataset.split(row.split).samples;
      throw new StageError(
        `Expected the key of an image of ${row.split} in the scores, such as ${first!.key}, got ${row.key}.`,
      );
    }
    if (sample.label !== row.label) {
      const [ours, theirs] = [dataset.classes[sample.label], dataset.classes[row.label]];
      throw new StageError(`Expected the class ${ours} for ${row.key} of ${row.split}, got ${theirs} in the scores.`);
    }
    const group = row.group ?? sample.group;
    return { ...row, source: row.source ?? sample.source, ...(group !== undefined && { group }) };
  });
}
