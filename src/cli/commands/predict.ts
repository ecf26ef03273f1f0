import { predictImages } from '../../project/models/predict-images.ts';
import { formatTable } from '../../reporting/terminal/text-layout.ts';
import { print, warnOnStderr } from '../support/command-error.ts';

interface PredictOptions {
  readonly set: readonly string[];
  readonly backend: string;
  readonly out: string;
}

export async function predictCommand(
  words: readonly string[],
  options: PredictOptions,
): Promise<void> {
  const lookup = { folder: process.cwd(), onWarning: warnOnStderr };
  for (const { columns, rows } of await predictImages(words, { ...options, ...lookup })) {
    const cells = rows.map((row) => row.map(String));
    print(formatTable(columns, cells).join('\n'));
  }
  print(`\nWrote scores.csv, summary.json and sheet in ${options.out}`);
}
