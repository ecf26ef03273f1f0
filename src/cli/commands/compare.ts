import { findRoot } from '../../engine/config/pipeline-files.ts';
import { FolderStore } from '../../engine/store/folder-store.ts';
import { type Comparison, compareSubjects } from '../../reporting/compare/compare-subjects.ts';
import { comparisonTables, formatComparison, markdownOf } from '../../reporting/compare/comparison-tables.ts';
import { exitCodes } from '../exit-codes.ts';
import { findSubjects } from '../find-subjects.ts';
import { warnOnStderr } from '../make-world.ts';
import { noProject } from '../open-project.ts';
import { printMistakes } from '../print-mistakes.ts';
import { writeUserFile } from '../write-user-file.ts';

export interface CompareOptions {
  readonly all?: boolean;
  readonly json?: boolean;
  readonly markdown?: boolean;
  readonly html?: string | true;
}

/** `restage compare`: what differs between pipelines, runs or stages, and by how much. */
export async function compareCommand(words: readonly string[], options: CompareOptions): Promise<number> {
  const forms = (['json', 'markdown', 'html'] as const).filter((form) => options[form] !== undefined);
  if (forms.length > 1) {
    const asked = forms.map((form) => `--${form}`).join(' and ');
    process.stderr.write(`error: expected one form of the comparison, got ${asked}\n`);
    return exitCodes.usage;
  }
  const root = findRoot(process.cwd());
  if (root === undefined) return printMistakes([noProject()]);
  const cache = FolderStore.open(root, warnOnStderr);
  const found = await findSubjects(words, root, cache);
  if (!found.ok) return printMistakes(found.error);
  if (found.value.length < 2) {
    process.stderr.write('error: expected two or more pipelines, runs or stages to compare\n');
    return exitCodes.usage;
  }
  const comparison = compareSubjects(found.value);
  const tables = comparisonTables(comparison);
  if (options.html !== undefined)
    return await writePage(comparison, options.html === true ? 'compare.html' : options.html);
  if (options.json === true) {
    const { paired, histories: _, ...rest } = comparison;
    const shown = { ...rest, paired: paired.map((one) => ({ ...one, curves: undefined })) };
    process.stdout.write(`${JSON.stringify(shown, undefined, 2)}\n`);
  } else process.stdout.write(options.markdown === true ? markdownOf(tables) : formatComparison(tables, options.all));
  return exitCodes.ok;
}

async function writePage(comparison: Comparison, file: string): Promise<number> {
  const { renderComparison } = await import('../../reporting/compare/comparison-page.ts');
  writeUserFile(file, await renderComparison(comparison, Date.now(), warnOnStderr));
  process.stdout.write(`Wrote ${file}\n`);
  return exitCodes.ok;
}
