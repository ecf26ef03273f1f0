import { posix } from 'node:path';
import type { Kinds } from '../engine/config/load-context.ts';
import { declaredPaths } from '../engine/config/load-pipeline.ts';
import { whyNoOutput } from '../engine/config/output-path.ts';
import { filesOfPipeline } from '../engine/config/pipeline-name.ts';
import { shownPath } from '../engine/config/yaml/load-document.ts';
import type { PublishedRecord } from '../engine/publishing/published-record.ts';
import { PublishError, resolveTarget, type Target } from '../engine/publishing/target.ts';
import { nearby, stillClaims } from './check-claims.ts';

/** Why a stored run may not publish at a path, as the end of a sentence; undefined where it may. */
export type PullRule = (path: string) => Promise<string | undefined>;

/**
 * The paths where a stored run of a pipeline may publish. Whoever signed the run chose them, so
 * they count only below `artifacts/`, or where this project's own file of the pipeline publishes,
 * and never where another pipeline does.
 */
export function pullRule(
  root: string,
  pipeline: string,
  { kinds, records }: { readonly kinds: Kinds; readonly records: readonly PublishedRecord[] },
): PullRule {
  const files = filesOfPipeline(pipeline, root);
  const declared = new Set(files.flatMap((file) => [...declaredPaths({ root, file, kinds })]));
  const ofPipeline =
    files.map((file) => shownPath(file, root)).join(' or ') ||
    `${pipeline}, whose file is not here`;
  const artifacts = `${posix.dirname(resolveTarget(root, 'artifacts/x').real)}/`;
  const near = nearby(records.filter((record) => record.pipeline !== pipeline));
  const claims = stillClaims(root, kinds);
  const whyClaimed = async (path: string) => {
    for (const record of near(path)) {
      const { path: other, stage, pipeline } = record;
      if (await claims(record))
        return `${relation(path, other)} "${other}", which "${stage}" of ${pipeline} published`;
    }
    return undefined;
  };
  return async (path) => {
    const outside = whyNoOutput(posix.normalize(path));
    if (outside !== undefined) return outside;
    const target = targetAt(root, path);
    if (target instanceof PublishError) return `cannot be written: ${target.message}`;
    const reserved = whyNoOutput(target.real); // where the links of its folders lead
    if (reserved !== undefined) return reserved;
    if (!target.real.startsWith(artifacts) && !declared.has(target.shown)) {
      return `is neither below artifacts/ nor an output of ${ofPipeline}`;
    }
    return await whyClaimed(target.shown);
  };
}

function targetAt(root: string, path: string): Target | PublishError {
  try {
    return resolveTarget(root, path);
  } catch (error) {
    if (error instanceof PublishError) return error;
    throw error;
  }
}

function relation(path: string, other: string): string {
  if (path === other) return 'is';
  return path.startsWith(`${other}/`) ? 'lies inside' : 'lies around';
}
