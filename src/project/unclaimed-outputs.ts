import { reportPath } from '../engine/config/published-paths.ts';
import { PublishedRecords } from '../engine/publishing/published-record.ts';
import { formatCountOf, formatFew } from '../format-numbers.ts';
import { compare } from '../sort-order.ts';
import { claimOn, claimsOf } from './check-claims.ts';
import type { CheckedPipeline } from './selection.ts';

const mostNamed = 3;

/**
 * Says which published outputs of a pipeline no stage of it claims any more, as after a stage got a
 * matrix: they lie beside the new ones, and look current. Undefined where there are none.
 */
export async function unclaimedWarning(
  { root, kinds, pipeline }: CheckedPipeline,
  cacheFolder: string,
): Promise<string | undefined> {
  const current = new Set([
    reportPath(pipeline.name),
    ...pipeline.stages.flatMap(({ outputs }) => outputs.map(({ path }) => path)),
  ]);
  const old = new PublishedRecords(cacheFolder)
    .all()
    .filter((record) => record.pipeline === pipeline.name && !current.has(record.path));
  if (old.length === 0) return undefined;
  // As `clean` sees them: another file of this name, or stages that are not known yet, may claim.
  const claims = await claimsOf(pipeline.name, root, kinds, () => Promise.resolve(pipeline));
  if (claims === undefined) return undefined;
  const paths = old
    .filter((record) => claimOn(claims, record) === undefined)
    .map(({ path }) => path)
    .toSorted(compare);
  if (paths.length === 0) return undefined;
  const belong = paths.length === 1 ? 'belongs' : 'belong';
  return `${formatCountOf(paths.length, 'published output')} ${belong} to no stage any more (${formatFew(paths, mostNamed)}): restage clean lists all, restage clean --yes removes them`;
}
