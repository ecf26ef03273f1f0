import type { VideoRule } from '../../learning/metrics/scores/aggregate-videos.ts';
import { type Comparison, compareSubjects } from '../../reporting/compare/compare-subjects.ts';
import {
  type ComparisonTable,
  comparisonTables,
} from '../../reporting/compare/comparison-tables.ts';
import { UsageError } from '../../user-error.ts';
import type { OpenedProject } from '../opened-project.ts';
import { findSubjects } from './find-subjects.ts';

/** Pipelines, runs or stages side by side. */
interface RunComparison {
  readonly comparison: Comparison;
  /** The comparison as the tables that people see. */
  readonly tables: () => readonly ComparisonTable[];
  /** The comparison as a page of HTML that stands alone. */
  readonly page: () => Promise<string>;
}

/**
 * Compares what words name, by results in the store; with `joining`, scores of images by video too.
 * Throws a `PipelineError` for unknown words.
 */
export async function compareRuns(
  project: OpenedProject,
  words: readonly string[],
  joining?: VideoRule,
): Promise<RunComparison> {
  const store = await project.openStore();
  const subjects = await findSubjects(words, { project, store, joining }).finally(() =>
    store.close(),
  );
  if (subjects.length < 2)
    throw new UsageError('Expected two or more pipelines, runs or stages to compare');
  const comparison = compareSubjects(subjects);
  return {
    comparison,
    tables: () => comparisonTables(comparison),
    page: async () => {
      const { renderComparison } = await import('../../reporting/compare/comparison-page.ts');
      return await renderComparison(comparison, Date.now(), project.warn);
    },
  };
}
