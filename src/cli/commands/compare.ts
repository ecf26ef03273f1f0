import { FolderStore } from '../../engine/store/folder-store.ts';
import { type Comparison, compareSubjects } from '../../reporting/compare/compare-subjects.ts';
import { comparisonTables, formatComparison, markdownOf } from '../../reporting/compare/comparison-tables.ts';
import { orThrow, UsageError } from '../command-error.ts';
import { findSubjects } from '../find-subjects.ts';
import { warnOnStderr } from '../make-world.ts';
import { projectRoot } from '../open-project.ts';
import { writeUserFile } from '../write-user-file.ts';

export interface CompareOptions {
  readonly all?: boolean;
  readonly json?: boolean;
  readonly markdown?: boolean;
  readonly html?: string | true;
}

/** `restage compare`: what differs between pipelines, runs or stages, and by how much. */
export async function compareCommand(words: readonly string[], options: CompareOptions): Promise<void> {
  const forms = (['json', 'markdown', 'html'] as const).filter((form) => options[form] !== undefined);
  if (forms.length > 1) {
    const asked = forms.map((form) => `--${form}`).join(' and ');
    throw new UsageError(`expected one form of the comparison, got ${asked}`);
  }
  const root = projectRoot();
  const cache = FolderStore.open(root, warnOnStderr);
  const found = orThrow(await findSubjects(words, root, cache));
  if (found.length < 2) throw new UsageError('expected two or more pipelines, runs or stages to compare');
  const comparison = compareSubjects(found);
  const tables = comparisonTables(comparison);
  if (options.html !== undefined)
    return await writePage(comparison, options.html === true ? 'compare.html' : options.html);
  if (options.json === true) {
    const { paired, histories: _, ...rest } = comparison;
    const shown = { ...rest, paired: paired.map((one) => ({ ...one, curves: undefined })) };
    process.stdout.write(`${JSON.stringify(shown, undefined, 2)}\n`);
  } else process.stdout.write(options.markdown === true ? markdownOf(tables) : formatComparison(tables, options.all));
}

async function writePage(comparison: Comparison, file: string): Promise<void> {
  const { renderComparison } = await import('../../reporting/compare/comparison-page.ts');
  writeUserFile(file, await renderComparison(comparison, Date.now(), warnOnStderr));
  process.stdout.write(`Wrote ${file}\n`);
}
