import { join } from 'node:path';
import { pipelineNames } from '../../engine/config/loading/pipeline-files.ts';
import { pipelineName } from '../../engine/config/pipeline-name.ts';
import { DigestIndex } from '../../engine/files/digest-index.ts';
import { findUnclaimed, removePublished } from '../../engine/publishing/clean.ts';
import { Publisher } from '../../engine/publishing/publish.ts';
import { LocalStore } from '../../engine/store/local-store.ts';
import { formatCountOf } from '../../format-numbers.ts';
import { claimsOf } from '../../project/check-claims.ts';
import { kindWarnings, type LoadedKind, loadKinds } from '../../project/kinds/load-kinds.ts';
import { print, printWarnings, warnOnStderr } from '../support/command-error.ts';
import { currentRoot } from '../support/open-here.ts';

export async function cleanCommand(options: { readonly yes?: boolean }): Promise<void> {
  const root = currentRoot();
  const loadedKinds = await loadKinds(root, warnOnStderr);
  printWarnings(kindWarnings(loadedKinds, []));
  const store = new LocalStore(root, warnOnStderr);
  const publisher = new Publisher(root, store, new DigestIndex(store.folder));
  const records = publisher.records.all();
  const published = records.map(({ pipeline }) => pipeline);
  const claims = await allClaims(root, loadedKinds.kinds, published);
  const unclaimed = findUnclaimed(records, claims);
  if (options.yes !== true) {
    for (const { path, pipeline, stage } of unclaimed) {
      const isKept = (await publisher.look(path)) === 'foreign';
      print(isKept ? `would keep ${kept(path)}` : `would remove ${path} (${stage} of ${pipeline})`);
    }
    return print(
      unclaimed.length > 0 ? 'To remove them: restage clean --yes' : 'Nothing to clean.',
    );
  }
  let removed = 0;
  for (const record of unclaimed) {
    const end = await removePublished(publisher, record);
    if (end === 'kept') print(`kept ${kept(record.path)}`);
    if (end === 'removed') removed += 1;
  }
  print(`Removed ${formatCountOf(removed, 'output')}.`);
}

const kept = (path: string): string => `${path}: it was changed since it was published`;

/** What each pipeline claims now. One with mistakes is left out, so its outputs stay. */
async function allClaims(
  root: string,
  kinds: ReadonlyMap<string, LoadedKind>,
  published: readonly string[],
) {
  const present = pipelineNames(root).map((file) =>
    pipelineName(join(root, 'pipelines', file), root),
  );
  const all = new Map<string, ReadonlySet<string>>();
  for (const name of new Set([...present, ...published])) {
    const claims = await claimsOf(name, root, kinds);
    if (claims !== undefined) all.set(name, new Set(claims.keys()));
    else if (published.includes(name))
      process.stderr.write(
        `warning: the pipeline ${name} has mistakes; the outputs of its stages stay\n`,
      );
  }
  return all;
}
