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

/** How scores are joined before they are compared. */
interface Joining {
  /** How scores of images are also joined by video; absent: they are not. */
  readonly joining?: VideoRule | undefined;
  /** Axes in which the runs of one model differ, whose means are compared; absent: none. */
  readonly over?: readonly string[] | undefined;
}

/**
 * Compares what words name, by results in the store. Throws a `PipelineError` for unknown words.
 */
export async function compareRuns(
  project: OpenedProject,
  words: readonly string[],
  { joining, over }: Joining = {},
): Promise<RunComparison> {
  const store = await project.openStore();
  const subjects = await findSubjects(words, { project, store, joining, over }).finally(() =>
    store.close(),
  );
  if (subjects.length < 2)
    throw new UsageError('Expected two or more pipelines, runs or stages to compare');
  const comparison = compareSubjects(subjects, 'all', over);
  return {
    comparison,
    tables: () => comparisonTables(comparison),
    page: async () => {
      const { renderComparison } = await import('../../reporting/compare/comparison-page.ts');
      return await renderComparison(comparison, Date.now(), project.warn);
    },
  };
}
