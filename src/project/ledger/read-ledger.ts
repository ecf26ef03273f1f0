import { pipelineName } from '../../engine/config/pipeline-name.ts';
import { Ledger } from '../../engine/seals/ledger.ts';
import {
  faultsOf,
  headOf,
  type LookHistory,
  lookHistory,
  type NumberedLine,
  readLines,
} from '../../engine/seals/ledger-lines.ts';
import { LocalStore } from '../../engine/store/local-store.ts';
import { findTarget } from '../find-target.ts';
import type { OpenedProject } from '../opened-project.ts';
import { readArchivedLedger } from '../stored-runs/archive.ts';
import { lastRunOf } from '../stored-runs/last-run.ts';
import { stagesOf } from '../stored-runs/pull.ts';

/** The ledger of a project, as `restage ledger` shows it. */
export interface ShownLedger {
  readonly lines: readonly NumberedLine[];
  /** What is wrong with the chain or its signatures, as sentences. */
  readonly faults: readonly string[];
  /** The digest of the last line: who knows it knows all lines. */
  readonly head: string;
  /** The looks of the stages that were named. */
  readonly looks: readonly StageLook[];
}

/** The look behind the numbers that a stage shows now. */
export interface StageLook {
  readonly stage: string;
  /** Absent where its result read no sealed images. */
  readonly look?: LookHistory;
}

/** Reads and checks the ledger. The words name a pipeline and its stages. */
export async function readLedger(
  { root, folder, warn }: OpenedProject,
  words: readonly string[],
): Promise<ShownLedger> {
  const { lines } = new Ledger(root);
  const ledger = checkedLedger(lines);
  if (words.length === 0) return ledger;
  const { file, stages } = findTarget({ words }, { root, folder });
  const store = new LocalStore(root, warn);
  const { manifest } = await lastRunOf(root, store, pipelineName(file, root));
  const looks = stagesOf(manifest, stages).map((stage): StageLook => {
    const look = lookHistory(lines, manifest.stages[stage]!.result);
    return { stage, ...(look !== undefined && { look }) };
  });
  const isNamed = stages.length > 0;
  const listed = looks.filter(({ look }) => isNamed || look !== undefined);
  const lineOf = ({ look }: StageLook) => look?.line ?? 0;
  return { ...ledger, looks: listed.toSorted((a, b) => lineOf(a) - lineOf(b)) };
}

/** Reads and checks the ledger that came with an archive of `restage export`. */
export const archivedLedger = async (
  { folder }: OpenedProject,
  path: string,
): Promise<ShownLedger> => checkedLedger(readLines(await readArchivedLedger(folder, path)));

const checkedLedger = (lines: readonly NumberedLine[]): ShownLedger => ({
  lines,
  faults: faultsOf(lines),
  head: headOf(lines),
  looks: [],
});
