import { formatList } from '../../format-numbers.ts';
import { predictNew } from '../../project/models/predict-new.ts';
import { ProgressLine } from '../../reporting/terminal/progress-line.ts';
import { formatTable } from '../../reporting/terminal/text-layout.ts';
import type { Progress } from '../../stage.ts';
import { print, warnOnStderr } from '../support/command-error.ts';

interface PredictOptions {
  readonly set: readonly string[];
  readonly backend: string;
  readonly out: string;
  readonly frames?: string;
  readonly aggregate?: string;
  readonly faces?: true;
  readonly whole?: true;
  readonly detector?: string;
  readonly landmarks?: string;
}

export async function predictCommand(
  words: readonly string[],
  options: PredictOptions,
): Promise<void> {
  const line = new ProgressLine(process.stderr, process.env);
  const say = (tell: (text: string) => void) => (text: string) => {
    line.clear();
    tell(text);
  };
  const host = {
    folder: process.cwd(),
    onWarning: say(warnOnStderr),
    onInfo: say(print),
    onProgress: (kind: string, progress: Progress) => line.update(kind, progress, Date.now()),
  };
  const { preparation, tables, files } = await predictNew(words, { ...options, ...host }).finally(
    () => line.clear(),
  );
  if (preparation !== undefined) print(`${preparation}\n`);
  for (const { columns, rows } of tables)
    print(
      `${formatTable(
        columns,
        rows.map((row) => row.map(String)),
      ).join('\n')}\n`,
    );
  print(`Wrote ${formatList(files)} in ${options.out}`);
}
