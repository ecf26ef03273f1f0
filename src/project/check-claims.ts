import { posix } from 'node:path';
import type { Kinds } from '../engine/config/load-context.ts';
import { loadPipeline } from '../engine/config/loading/load-pipeline.ts';
import type {
  LocatedOutput,
  LocatedStage,
  PendingStage,
  Pipeline,
} from '../engine/config/pipeline.ts';
import { filesOfPipeline } from '../engine/config/pipeline-name.ts';
import { reportPath } from '../engine/config/published-paths.ts';
import { mayBecome } from '../engine/config/stages/may-become.ts';
import { shownPath } from '../engine/config/yaml/load-document.ts';
import type { Diagnostic, Span } from '../engine/diagnostics/diagnostic.ts';
import {
  type Owner,
  type PublishedRecord,
  PublishedRecords,
  type StillClaims,
} from '../engine/publishing/published-record.ts';
import { LocalStore } from '../engine/store/local-store.ts';
import { formatCountOf } from '../format-numbers.ts';
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
  const mistakes: { readonly owner: string; readonly mistake: Diagnostic }[] = [];
  for (const stage of pipeline.stages) {
    for (const output of stage.outputs) {
      for (const record of near(output.path)) {
        const owner = record.pipeline;
        if (!claimsByPipeline.has(owner))
          claimsByPipeline.set(owner, await claimsOf(owner, root, kinds));
        const claims = claimsByPipeline.get(owner);
        const mistake = describeDispute({ stage, output, record, claims, root });
        if (mistake !== undefined) mistakes.push({ owner, mistake });
        else if (record.path === output.path) {
          const heir = { pipeline: pipeline.name, stage: stage.name, port: output.port };
          abandoned.push({ path: output.path, owner: heir });
        }
      }
    }
  }
  if (mistakes.length > 0) {
    const byOwner = [...groupBy(mistakes, ({ owner }) => owner).values()];
    throw new PipelineError(
      byOwner.map(([first, ...more]) => withMore(first!.mistake, more.length)),
    );
  }
  return abandoned;
}

/** The first mistake of several with one pipeline: a copy of its file claims every path again. */
function withMore(first: Diagnostic, more: number): Diagnostic {
  if (more === 0) return first;
  const others = `${first.message}; so it is with ${formatCountOf(more, 'more output')}`;
  return { ...first, message: others };
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
  const claim = claimOn(claims, record);
  if (claim === undefined) return undefined;
  const message =
    nested === undefined
      ? `"${path}" is claimed by two pipelines: by "${claim.stage}" of ${record.pipeline}, which published there, and by "${stage.name}"`
      : `${nested} "${claim.stage}" of ${record.pipeline} published and still claims`;
  const below = nested === undefined ? ' or none, which is one below artifacts/<pipeline>' : '';
  const hint = `Give one of them another path${below}, or remove ${files.join(' and ')}.`;
  const related =
    claim.at === undefined ? [] : [{ message: 'The first one is here', at: claim.at }];
  return { code, message, at, related, hint };
}

/** The stage that claims a path, and where its file says so. */
interface Claim {
  readonly stage: string;
  readonly at?: Span;
}

/** What a pipeline claims now. */
interface Claims {
  /**
   * By published path: the outputs of its stages, and its report, which its file does not name.
   */
  readonly paths: ReadonlyMap<string, Claim>;
  /** Those whose paths are not known yet: what such stages published is still claimed. */
  readonly pending: readonly PendingStage[];
}

/** The claim of a pipeline on what it published; undefined where it no longer has one. */
export function claimOn(
  { paths, pending }: Claims,
  { path, stage }: { readonly path: string; readonly stage: string },
): Claim | undefined {
  return paths.get(path) ?? (mayBecome(pending, stage) ? { stage } : undefined);
}

/** Whether the pipeline of a record still claims its path. One whose file has mistakes may. */
export const stillClaims =
  (root: string, kinds: Kinds): StillClaims =>
  async (record) => {
    const claims = await claimsOf(record.pipeline, root, kinds);
    return claims === undefined || claimOn(claims, record) !== undefined;
  };

/**
 * The claims of a pipeline by name, as far as they are known without lists that stages make, or as
 * `resolve` knows them: none when its file is gone, undefined when its file has
 * mistakes.
 */
export async function claimsOf(
  pipeline: string,
  root: string,
  kinds: Kinds,
  resolve: ResolveLists = (loaded) => Promise.resolve(loaded),
): Promise<Claims | undefined> {
  const paths = new Map<string, Claim>();
  const pending: PendingStage[] = [];
  for (const file of filesOfPipeline(pipeline, root)) {
    const loaded = await loadPipeline({ root, file, kinds });
    if (!loaded.ok) return undefined;
    const known = loaded.value.lists.length > 0 ? await resolve(loaded.value, file) : loaded.value;
    paths.set(reportPath(pipeline), { stage: 'report' });
    for (const { name, outputs } of known.stages) {
      for (const { path, at } of outputs) paths.set(path, { stage: name, at });
    }
    pending.push(...known.pending);
  }
  return { paths, pending };
}

/** A pipeline with the lists that are known, from which its axes take their values. */
type ResolveLists = (loaded: Pipeline, file: string) => Promise<Pipeline>;
