import { compareRuns } from '../../project/history/compare-runs.ts';
import { readVideoRule, type VideoOptions } from '../../project/video-rules.ts';
import { writeUserFile } from '../../project/write-user-file.ts';
import {
  formatComparison,
  latexOf,
  markdownOf,
} from '../../reporting/terminal/format-comparison.ts';
import { UsageError } from '../../user-error.ts';
import { print, printJson } from '../support/command-error.ts';
import { openHere } from '../support/open-here.ts';

interface CompareOptions extends VideoOptions {
  readonly over?: string;
  readonly all?: boolean;
  readonly json?: boolean;
  readonly markdown?: boolean;
  readonly latex?: boolean;
  readonly html?: string | true;
}

export async function compareCommand(
  words: readonly string[],
  options: CompareOptions,
): Promise<void> {
  const forms = (['json', 'markdown', 'latex', 'html'] as const).filter(
    (form) => options[form] !== undefined,
  );
  if (forms.length > 1) {
    const flags = forms.map((form) => `--${form}`).join(' and ');
    throw new UsageError(`Expected one form of the comparison, got ${flags}`);
  }
  const joining = readVideoRule(options);
  const { comparison, tables, page } = await compareRuns(openHere(), words, {
    joining,
    over: options.over?.split(','),
  });
  if (options.html !== undefined) {
    const file = options.html === true ? 'compare.html' : options.html;
    writeUserFile(process.cwd(), file, await page());
    print(`Wrote ${file}`);
  } else if (options.json === true) {
    const { paired, histories: _, curves: _c, ...rest } = comparison;
    printJson({ ...rest, paired: paired.map((pair) => ({ ...pair, curves: undefined })) });
  } else if (options.markdown === true) process.stdout.write(markdownOf(tables()));
  else if (options.latex === true) process.stdout.write(latexOf(tables()));
  else process.stdout.write(formatComparison(tables(), options.all));
}
