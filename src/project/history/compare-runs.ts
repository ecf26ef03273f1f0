import { Ledger } from '../../engine/seals/ledger.ts';
import { recordScoreLook } from '../../engine/seals/score-looks.ts';
import type { VideoRule } from '../../learning/metrics/scores/aggregate-videos.ts';
import { type Comparison, compareSubjects } from '../../reporting/compare/compare-subjects.ts';
import { comparisonLook } from '../../reporting/compare/comparison-look.ts';
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

/** The command as the ledger names it. */
function commandOf(words: readonly string[], { joining, over }: Joining): string {
  const byVideo = joining === undefined ? [] : ['--by video', JSON.stringify(joining)];
  const pooled = over === undefined ? [] : [`--over ${over.join(',')}`];
  return ['restage compare', ...words, ...byVideo, ...pooled].join(' ');
}

/**
 * Compares what words name, by results in the store. Numbers of sealed images are a look, which
 * is written first. Throws a `PipelineError` for unknown words.
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
  const look = comparisonLook(subjects, comparison);
  if (look !== undefined) {
    const by = commandOf(words, { joining, over });
    await recordScoreLook(new Ledger(project.root), { by, kind: 'compare', ...look }, project.env);
  }
  return {
    comparison,
    tables: () => comparisonTables(comparison),
    page: async () => {
      const { renderComparison } = await import('../../reporting/compare/comparison-page.ts');
      return await renderComparison(comparison, Date.now(), project.warn);
    },
  };
}
