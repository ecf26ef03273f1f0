import { posix } from 'node:path';
import type { Kinds } from '../engine/config/load-context.ts';
import { loadPipeline } from '../engine/config/loading/load-pipeline.ts';
import type { LocatedOutput, LocatedStage } from '../engine/config/pipeline.ts';
import { filesOfPipeline } from '../engine/config/pipeline-name.ts';
import { reportPath } from '../engine/config/published-paths.ts';
import { shownPath } from '../engine/config/yaml/load-document.ts';
import type { Diagnostic, Span } from '../engine/diagnostics/diagnostic.ts';
import {
  type Owner,
  type PublishedRecord,
  PublishedRecords,
  type StillClaims,
} from '../engine/publishing/published-record.ts';
import { LocalStore } from '../engine/store/local-store.ts';
import { groupBy } from '../group-by.ts';
import { PipelineError } from './pipeline-error.ts';
import type { CheckedPipeline } from './selection.ts';

/** A path that was published for a pipeline which no longer claims it, and who claims it now. */
export interface Abandoned {
  readonly path: string;
  readonly owner: Owner;
}

/**
 * Throws a {@link PipelineError} where another pipeline still claims a path of an output. Returns
 * what others abandoned.
 */
export async function checkClaims({
  root,
  kinds,
  pipeline,
}: CheckedPipeline): Promise<readonly Abandoned[]> {
  const records = new PublishedRecords(new LocalStore(root).folder)
    .all()
    .filter((record) => record.pipeline !== pipeline.name);
  const near = nearby(records);
  const claimsByPipeline = new Map<string, Claims | undefined>();
  const abandoned: Abandoned[] = [];
  const mistakes: Diagnostic[] = [];
  for (const stage of pipeline.stages) {
    for (const output of stage.outputs) {
      for (const record of near(output.path)) {
        const owner = record.pipeline;
        if (!claimsByPipeline.has(owner))
          claimsByPipeline.set(owner, await claimsOf(owner, root, kinds));
        const claims = claimsByPipeline.get(owner);
        const mistake = describeDispute({ stage, output, record, claims, root });
        if (mistake !== undefined) mistakes.push(mistake);
        else if (record.path === output.path) {
          const heir = { pipeline: pipeline.name, stage: stage.name, port: output.port };
          abandoned.push({ path: output.path, owner: heir });
        }
      }
    }
  }
  if (mistakes.length > 0) throw new PipelineError(mistakes);
  return abandoned;
}

/** Finds what is published at a path, around it and inside it. */
export function nearby<T extends { readonly path: string }>(
  records: readonly T[],
): (path: string) => readonly T[] {
  const at = groupBy(records, ({ path }) => path);
  const below = new Map<string, T[]>();
  for (const record of records) {
    for (const folder of foldersAbove(record.path)) {
      const inside = below.get(folder);
      if (inside === undefined) below.set(folder, [record]);
      else inside.push(record);
    }
  }
  return (path) => [
    ...[path, ...foldersAbove(path)].flatMap((ancestor) => at.get(ancestor) ?? []),
    ...(below.get(path) ?? []),
  ];
}

/** The folders in which a relative POSIX path lies, the nearest first. */
export function foldersAbove(path: string): readonly string[] {
  const folders: string[] = [];
  for (let folder = posix.dirname(path); folder !== '.'; folder = posix.dirname(folder))
    folders.push(folder);
  return folders;
}

interface Dispute {
  readonly stage: LocatedStage;
  readonly output: LocatedOutput;
  readonly record: PublishedRecord;
  /** The claims of the other pipeline; undefined if its file has mistakes. */
  readonly claims: Claims | undefined;
  readonly root: string;
}

function describeDispute({ stage, output, record, claims, root }: Dispute): Diagnostic | undefined {
  const files = filesOfPipeline(record.pipeline, root).map((file) => shownPath(file, root));
  const code = 'output-claimed';
  const { path, at } = output;
  const where = path.startsWith(`${record.path}/`) ? 'inside' : 'around';
  const nested =
    path === record.path ? undefined : `"${path}" lies ${where} "${record.path}", which`;
  if (claims === undefined) {
    const begin = nested ?? `"${path}" is claimed by "${stage.name}", but`;
    const message = `${begin} was published by "${record.stage}" of ${record.pipeline}, whose file has mistakes, so it may still claim this path`;
    return { code, message, at, hint: `Fix ${files.join(' or ')}, or publish elsewhere.` };
  }
  const claim = claims.get(record.path);
  if (claim === undefined) return undefined;
  const message =
    nested === undefined
      ? `"${path}" is claimed by two pipelines: by "${claim.stage}" of ${record.pipeline}, which published there, and by "${stage.name}"`
      : `${nested} "${claim.stage}" of ${record.pipeline} published and still claims`;
  const hint = `Give one of them another path, or remove ${files.join(' and ')}.`;
  const related =
    claim.at === undefined ? [] : [{ message: 'The first one is here', at: claim.at }];
  return { code, message, at, related, hint };
}

/**
 * What a pipeline claims now, by published path: the outputs of its stages, and its report, which
 * its file does not name.
 */
type Claims = ReadonlyMap<string, { readonly stage: string; readonly at?: Span }>;

/** Whether the pipeline of a record still claims its path. One whose file has mistakes may. */
export const stillClaims =
  (root: string, kinds: Kinds): StillClaims =>
  async ({ pipeline, path }) =>
    (await claimsOf(pipeline, root, kinds))?.has(path) ?? true;

/**
 * The claims of a pipeline by name: none when its file is gone, undefined when its file has
 * mistakes.
 */
export async function claimsOf(
  pipeline: string,
  root: string,
  kinds: Kinds,
): Promise<Claims | undefined> {
  const claims = new Map<string, { readonly stage: string; readonly at?: Span }>();
  for (const file of filesOfPipeline(pipeline, root)) {
    const loaded = await loadPipeline({ root, file, kinds });
    if (!loaded.ok) return undefined;
    claims.set(reportPath(pipeline), { stage: 'report' });
    for (const { name, outputs } of loaded.value.stages) {
      for (const { path, at } of outputs) claims.set(path, { stage: name, at });
    }
  }
  return claims;
}
