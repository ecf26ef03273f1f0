import { join } from 'node:path';
import { findUnclaimed, removePublished } from '../../artifacts/clean.ts';
import { Publisher } from '../../artifacts/publish.ts';
import { Cache } from '../../cache/cache.ts';
import { pipelineNames } from '../../config/find-pipeline-file.ts';
import { findRoot } from '../../config/find-root.ts';
import { loadPipeline } from '../../config/load-pipeline.ts';
import { DigestIndex } from '../../fingerprint/digest-index.ts';
import { formatCount } from '../../reporters/format-quantities.ts';
import { exitCodes } from '../exit-codes.ts';
import { type LoadedKind, loadKinds } from '../load-kinds.ts';
import { warnOnStderr } from '../make-world.ts';
import { noProject } from '../open-project.ts';
import { printMistakes } from '../print-mistakes.ts';

/** `pipeline clean`: removes published outputs that no stage of any pipeline claims any more. */
export async function cleanCommand(options: { readonly yes?: boolean }): Promise<number> {
  const root = findRoot(process.cwd());
  if (root === undefined) return printMistakes([noProject()]);
  const kinds = await loadKinds(root);
  if (!kinds.ok) return printMistakes(kinds.error);
  const cache = Cache.open(root, warnOnStderr);
  const publisher = new Publisher(root, cache, DigestIndex.open(cache.folder));
  const records = publisher.records.all();
  const claims = await claimsOf(root, kinds.value, new Set(records.map(({ pipeline }) => pipeline)));
  const unclaimed = findUnclaimed(records, claims);
  if (options.yes !== true) {
    for (const { path, pipeline, stage } of unclaimed)
      process.stdout.write(`would remove ${path} (${stage} of ${pipeline})\n`);
    process.stdout.write(unclaimed.length > 0 ? `Do it with: pipeline clean --yes\n` : 'Nothing to clean.\n');
    return exitCodes.ok;
  }
  let removed = 0;
  for (const record of unclaimed) {
    const end = await removePublished(publisher, record);
    if (end === 'kept') process.stdout.write(`kept ${record.path}: it was changed since it was published\n`);
    if (end === 'removed') removed += 1;
  }
  process.stdout.write(`Removed ${formatCount(removed, 'output')}.\n`);
  return exitCodes.ok;
}

/**
 * What every pipeline claims now. A pipeline whose file is gone claims nothing; of one with mistakes nothing is known,
 * so its outputs stay.
 */
async function claimsOf(
  root: string,
  kinds: ReadonlyMap<string, LoadedKind>,
  published: ReadonlySet<string>,
): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const files = pipelineNames(root);
  const existing = new Set(files.map((file) => file.replace(/\.ya?ml$/, '')));
  const claims = new Map<string, ReadonlySet<string>>(
    [...published].filter((name) => !existing.has(name)).map((name) => [name, new Set()]),
  );
  for (const file of files) {
    const loaded = await loadPipeline({ root, file: join(root, 'pipelines', file), kinds, set: [] });
    if (loaded.ok)
      claims.set(
        loaded.value.name,
        new Set(loaded.value.stages.flatMap(({ outputs }) => outputs.map(({ path }) => path))),
      );
    else process.stderr.write(`warning: pipelines/${file} has mistakes; the outputs of its stages stay\n`);
  }
  return claims;
}
