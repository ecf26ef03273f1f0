import type { Digest } from '../../digest.ts';
import { findPipelineFile, pipelineNames } from '../../engine/config/loading/find-pipeline.ts';
import { loadPipeline } from '../../engine/config/loading/load-pipeline.ts';
import { pipelineName } from '../../engine/config/pipeline-name.ts';
import { suggestStage } from '../../engine/config/stage-reference.ts';
import { mayBecome } from '../../engine/config/stages/may-become.ts';
import type { Diagnostic } from '../../engine/diagnostics/diagnostic.ts';
import { stagesNamed } from '../../engine/graph/select-stages.ts';
import type { Store } from '../../engine/store/store.ts';
import type { VideoRule } from '../../learning/metrics/scores/aggregate-videos.ts';
import {
  type LabelledStages,
  type ResultSource,
  readSubjectStage,
  type Subject,
  type SubjectStage,
  subjectOfRun,
  upstreamOf,
} from '../../reporting/compare/comparison-subject.ts';
import { withoutAxes } from '../../reporting/compare/pooled-scores.ts';
import { shellQuote } from '../../shell/shell-quote.ts';
import type { ArtifactType } from '../../stage.ts';
import { suggest } from '../../suggest.ts';
import { fillDefaults } from '../kinds/fill-defaults.ts';
import { loadKinds } from '../kinds/load-kinds.ts';
import type { OpenedProject } from '../opened-project.ts';
import { mistake, orThrow, PipelineError } from '../pipeline-error.ts';
import { branchOf, findBranchRun } from './branch-subject.ts';
import { findRun } from './find-run.ts';

/** Where subjects are looked up. */
interface Sources {
  readonly project: OpenedProject;
  readonly store: Store;
  /** How scores of images are also joined by video; absent: they are not. */
  readonly joining?: VideoRule | undefined;
  /** Axes in which the stages of a subject may differ, as runs of one model; absent: none. */
  readonly over?: readonly string[] | undefined;
  /** The pipeline of which a branch, such as `main...`, means a run; absent where none is named. */
  readonly pipeline?: string | undefined;
}

/**
 * What the words of `compare` mean: `<pipeline>`, `<run>`, `last`, `last~2`, `<branch>...`, each
 * also with `:<stage>`. With a branch alone, the pipeline that ran last, as it last stood, is
 * compared with it: differences say what came since.
 */
export async function findSubjects(
  words: readonly string[],
  given: Sources,
): Promise<readonly Subject[]> {
  const subjects: Subject[] = [];
  const mistakes: Diagnostic[] = [];
  const pipeline = words.some((word) => branchOf(withoutStage(word)) !== undefined)
    ? pipelineAmong(words, given)
    : undefined;
  const sources = { ...given, pipeline };
  const isAlone = words.length === 1 && pipeline !== undefined;
  for (const word of isAlone ? [pipeline, ...words] : words) {
    try {
      subjects.push(await findSubject(word, sources));
    } catch (error) {
      if (!(error instanceof PipelineError)) throw error;
      mistakes.push(...error.mistakes);
    }
  }
  if (mistakes.length > 0) throw new PipelineError(mistakes);
  return subjects;
}

/** A word without the stage that it names after a colon. */
const withoutStage = (word: string): string => word.replace(/:[^:]*$/, '');

/** The pipeline that a word names, or else the one that ran last. */
function pipelineAmong(words: readonly string[], { project, store }: Sources): string | undefined {
  for (const word of words) {
    const file = [word, withoutStage(word)]
      .map((name) => findPipelineFile(name, project.folder, project.root))
      .find(({ ok }) => ok);
    if (file?.ok) return pipelineName(file.value, project.root);
  }
  return store.local
    .runs()
    .find((run) => run.readRecord() !== undefined)
    ?.pipeline();
}

async function findSubject(word: string, sources: Sources): Promise<Subject> {
  const whole = await findWhole(word, sources);
  if (whole !== undefined) return { ...whole, isStage: false };
  const colon = word.lastIndexOf(':');
  const of = colon > 0 ? await findWhole(word.slice(0, colon), sources) : undefined;
  if (of === undefined) throw unknownSubject(colon > 0 ? word.slice(0, colon) : word, sources);
  const stage = word.slice(colon + 1);
  const { label, stages } = of;
  const names = stagesNamed(stage, stages.keys());
  const [name, ...others] = names;
  if (name === undefined) {
    throw mistake(
      'unknown-stage',
      `${label} has no stage "${stage}"`,
      suggestStage(stage, stages.keys()),
    );
  }
  const models = new Set(names.map((each) => withoutAxes(each, sources.over ?? [])));
  if (others.length > 0 && models.size > 1) {
    const message = `"${stage}" of ${label} is ${names.length} stages: ${names.slice(0, 8).join(', ')}`;
    throw mistake(
      'one-stage',
      message,
      `Name one, as in ${word.replace(`:${stage}`, `:${name}`)}.`,
    );
  }
  return {
    label: `${label}:${others.length > 0 ? [...models][0] : name}`,
    stages: new Map(names.map((each) => [each, stages.get(each)!])),
    isStage: true,
    upstream: upstreamOf(name, stages),
  };
}

const resultSource = (store: Store): ResultSource => ({
  readResult: (digest) => store.readResult(digest),
  objectPath: (digest) => store.local.objectPath(digest),
  fill: fillDefaults,
});

async function findWhole(word: string, sources: Sources): Promise<LabelledStages | undefined> {
  const branch = branchOf(word);
  if (branch !== undefined) return await ofBranch(branch, sources);
  const ended = sources.store.local.runs().filter((run) => run.readRecord() !== undefined);
  const run = findRun(word, ended);
  if (run !== undefined) {
    const record = run.readRecord()!;
    const results = Object.values(record.stages).flatMap(({ result }) => result ?? []);
    await fetchCompared(results, sources.store);
    const { store, joining } = sources;
    return subjectOfRun(run.id, record, resultSource(store), { withScores: true, joining });
  }
  const file = findPipelineFile(word, sources.project.folder, sources.project.root);
  return file.ok ? await ofPipeline(file.value, sources) : undefined;
}

/** A run of the pipeline at the commit where `HEAD` branched off, or the nearest before it. */
async function ofBranch(branch: string, sources: Sources): Promise<LabelledStages> {
  const { project, store, joining, pipeline } = sources;
  if (pipeline === undefined)
    throw mistake(
      'never-ran',
      `Nothing has run yet that could be compared with ${branch}`,
      'Run a pipeline, or name one after it.',
    );
  const { root, warn } = project;
  const { label, results } = await findBranchRun(branch, pipeline, { root, store, warn });
  await fetchCompared([...results.values()], store);
  const source = resultSource(store);
  const stages = Array.from(
    results,
    ([stage, result]) =>
      [stage, readSubjectStage(source, result, { withScores: true, joining })] as const,
  );
  return { label, stages: new Map<string, SubjectStage>(stages) };
}

/**
 * Fetches the artifacts that a comparison reads and that only other stores hold. The comparison
 * leaves lost ones out.
 */
async function fetchCompared(results: readonly Digest[], store: Store): Promise<void> {
  for (const digest of results) {
    const lookup = await store.lookup(digest);
    if (lookup.state !== 'elsewhere') continue;
    await store.fetch(
      Object.values(lookup.result.outputs).filter(({ type }) => compared.has(type)),
    );
  }
}

const compared: ReadonlySet<ArtifactType> = new Set(['metrics', 'scores', 'history']);

/** A pipeline as it last stood, whatever its file says by now. */
async function ofPipeline(
  file: string,
  { project: { root, warn }, store, joining }: Sources,
): Promise<LabelledStages> {
  const { kinds, unloaded } = await loadKinds(root, warn);
  const { name, stages, pending } = orThrow(await loadPipeline({ root, file, kinds, unloaded }));
  const ofStages = stages.flatMap((stage) => {
    const result = store.local.readLatest(name, stage.name);
    return result === undefined ? [] : [[stage.name, result] as const];
  });
  const ofPending = pending.length === 0 ? [] : store.local.allLatest();
  const latest = [
    ...ofStages,
    ...ofPending.flatMap(({ pipeline, stage, result }) =>
      pipeline === name && mayBecome(pending, stage) ? [[stage, result] as const] : [],
    ),
  ];
  const results = latest.map(([, result]) => result);
  await fetchCompared(results, store);
  const source = resultSource(store);
  const options = { withScores: true, joining };
  const known = latest.map(
    ([stage, result]) => [stage, readSubjectStage(source, result, options)] as const,
  );
  if (known.length === 0)
    throw mistake(
      'never-ran',
      `${name} has no results yet`,
      `Run it: restage run ${shellQuote(`${name}.yaml`)}`,
    );
  return { label: name, stages: new Map<string, SubjectStage>(known) };
}

function unknownSubject(word: string, { project: { root }, store }: Sources): PipelineError {
  const ids = word.length > 8 ? store.local.runs().map(({ id }) => id) : [];
  const hint =
    suggest(word, [...pipelineNames(root), ...ids, 'last']) ??
    'Such as experiments/a.yaml, a run as `restage history` lists it, last, last~1, a branch as main..., or one of these with :stage.';
  return mistake(
    'unknown-subject',
    `Expected a pipeline, a run or a stage of one, got "${word}"`,
    hint,
  );
}
