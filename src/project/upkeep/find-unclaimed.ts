import { join } from 'node:path';
import { pipelineNames } from '../../engine/config/loading/find-pipeline.ts';
import { pipelineName } from '../../engine/config/pipeline-name.ts';
import { formatWarning } from '../../engine/diagnostics/format-diagnostic.ts';
import { DigestIndex } from '../../engine/files/digest-index.ts';
import { findUnclaimed, removePublished } from '../../engine/publishing/clean.ts';
import { Publisher } from '../../engine/publishing/publish.ts';
import type { PublishedRecord } from '../../engine/publishing/published-record.ts';
import { LocalStore } from '../../engine/store/local-store.ts';
import { claimOn, claimsOf } from '../check-claims.ts';
import { kindWarnings, type LoadedKind, loadKinds } from '../kinds/load-kinds.ts';
import { withListsBefore } from '../known-lists.ts';
import type { OpenedProject } from '../opened-project.ts';

/** A published output that no pipeline claims any more. */
interface UnclaimedOutput {
  /** Relative to the project. */
  readonly path: string;
  readonly pipeline: string;
  readonly stage: string;
  /** Whether somebody changed it since it was published, so that it would be kept. */
  readonly isChanged: () => Promise<boolean>;
  /** Removes it, unless somebody changed it or it is gone. */
  readonly remove: () => Promise<'removed' | 'absent' | 'kept'>;
}

/**
 * Finds the published outputs that no pipeline claims any more. Warns of pipelines with mistakes,
 * which may still claim theirs.
 */
export async function findUnclaimedOutputs(
  project: OpenedProject,
): Promise<readonly UnclaimedOutput[]> {
  const { root, warn } = project;
  const loadedKinds = await loadKinds(root, warn);
  for (const warning of kindWarnings(loadedKinds, [])) warn(formatWarning(warning));
  const store = new LocalStore(root, warn);
  const publisher = new Publisher(root, store, new DigestIndex(store.folder));
  const records = publisher.records.all();
  const claims = await allClaims(project, loadedKinds.kinds, records);
  return findUnclaimed(records, claims).map((record) => ({
    path: record.path,
    pipeline: record.pipeline,
    stage: record.stage,
    isChanged: async () => (await publisher.look(record.path)) === 'foreign',
    remove: () => removePublished(publisher, record),
  }));
}

/** What each pipeline claims now. One with mistakes is left out, so its outputs stay. */
async function allClaims(
  project: OpenedProject,
  kinds: ReadonlyMap<string, LoadedKind>,
  records: readonly PublishedRecord[],
) {
  const { root, warn } = project;
  const published = records.map(({ pipeline }) => pipeline);
  const present = pipelineNames(root).map((file) =>
    pipelineName(join(root, 'pipelines', file), root),
  );
  const all = new Map<string, ReadonlySet<string>>();
  for (const name of new Set([...present, ...published])) {
    const claims = await claimsOf(name, root, kinds, async (loaded, file) => {
      const { checked } = await project.loadFile(file);
      // What is wrong with a list says nothing of what was published.
      return (await withListsBefore(checked, {}).catch(() => undefined))?.pipeline ?? loaded;
    });
    if (claims !== undefined) {
      const ofPipeline = records.filter(({ pipeline }) => pipeline === name);
      const claimed = ofPipeline.filter((record) => claimOn(claims, record) !== undefined);
      all.set(name, new Set([...claims.paths.keys(), ...claimed.map(({ path }) => path)]));
    } else if (published.includes(name))
      warn(`the pipeline ${name} has mistakes; the outputs of its stages stay`);
  }
  return all;
}
