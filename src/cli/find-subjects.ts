import { loadPipeline } from '../engine/config/load-pipeline.ts';
import { findPipelineFile, pipelineNames } from '../engine/config/pipeline-files.ts';
import { findStageNames, suggestStage } from '../engine/config/stage-reference.ts';
import type { Diagnostic } from '../engine/diagnostics/diagnostic.ts';
import type { FolderStore } from '../engine/store/folder-store.ts';
import type { RunFolder } from '../engine/store/run-folder.ts';
import { readSubjectStage, type Subject, type SubjectStage } from '../reporting/compare/subject.ts';
import { upstreamOf } from '../reporting/compare/upstream.ts';
import { err, ok, type Result } from '../result.ts';
import { suggest } from '../suggest.ts';
import { loadKinds } from './load-kinds.ts';

/** What the words of `compare` mean: `<pipeline>`, `<run>`, `last`, `last~2`, each also with `:<stage>`. */
export async function findSubjects(
  words: readonly string[],
  root: string,
  cache: FolderStore,
): Promise<Result<readonly Subject[], readonly Diagnostic[]>> {
  const subjects: Subject[] = [];
  const mistakes: Diagnostic[] = [];
  for (const word of words) {
    const found = await findSubject(word, root, cache);
    if (found.ok) subjects.push(found.value);
    else mistakes.push(...found.error);
  }
  return mistakes.length > 0 ? err(mistakes) : ok(subjects);
}

async function findSubject(
  word: string,
  root: string,
  cache: FolderStore,
): Promise<Result<Subject, readonly Diagnostic[]>> {
  const whole = await findWhole(word, root, cache);
  if (whole !== undefined) return whole.ok ? ok({ ...whole.value, isStage: false }) : whole;
  const colon = word.lastIndexOf(':');
  const of = colon > 0 ? await findWhole(word.slice(0, colon), root, cache) : undefined;
  if (of === undefined) return err([unknownSubject(colon > 0 ? word.slice(0, colon) : word, root, cache)]);
  if (!of.ok) return of;
  const stage = word.slice(colon + 1);
  const { label, stages } = of.value;
  const names = findStageNames(stage, stages.keys());
  const [name, ...others] = names;
  if (name === undefined) {
    const hint = suggestStage(stage, stages.keys());
    return err([
      { code: 'unknown-stage', message: `${label} has no stage "${stage}"`, ...(hint !== undefined && { hint }) },
    ]);
  }
  if (others.length > 0) {
    const message = `"${stage}" of ${label} is ${names.length} stages: ${names.slice(0, 8).join(', ')}`;
    return err([{ code: 'one-stage', message, hint: `Name one, as in ${word.replace(`:${stage}`, `:${name}`)}.` }]);
  }
  const one = new Map([[name, stages.get(name)!]]);
  return ok({ label: `${label}:${name}`, stages: one, isStage: true, upstream: upstreamOf(name, stages) });
}

type Whole = Pick<Subject, 'label' | 'stages'>;

/** Undefined where the word names neither a run nor a pipeline. */
async function findWhole(
  word: string,
  root: string,
  cache: FolderStore,
): Promise<Result<Whole, readonly Diagnostic[]> | undefined> {
  const run = findRun(word, cache);
  if (run !== undefined) return run.ok ? ok(ofRun(run.value, cache)) : run;
  const file = findPipelineFile(word, process.cwd(), root);
  return file.ok ? await ofPipeline(file.value, root, cache) : undefined;
}

function findRun(word: string, cache: FolderStore): Result<RunFolder, readonly Diagnostic[]> | undefined {
  const back = /^last(?:~(\d+))?$/.exec(word);
  if (back === null && !/^\d{4}-\d\d/.test(word)) return undefined;
  const runs = cache.runs().filter((run) => run.readRecord() !== undefined);
  if (back !== null) {
    const run = runs[Number(back[1] ?? 0)];
    if (run !== undefined) return ok(run);
    return err([{ code: 'unknown-run', message: `There is no run ${word}: ${runs.length} are recorded` }]);
  }
  const found = runs.filter(({ id }) => id.startsWith(word));
  if (found.length === 1) return ok(found[0]!);
  if (found.length === 0) return undefined;
  const message = `"${word}" begins the names of ${found.length} runs: ${found
    .slice(0, 4)
    .map(({ id }) => id)
    .join(', ')}`;
  return err([{ code: 'several-runs', message, hint: 'Give more of the name; `restage history` lists them.' }]);
}

function ofRun(run: RunFolder, cache: FolderStore): Whole {
  const stages = Object.entries(run.readRecord()!.stages).map(([name, entry]): [string, SubjectStage] => [
    name,
    readSubjectStage(cache, entry.result, entry),
  ]);
  return { label: run.id, stages: new Map(stages) };
}

/** A pipeline as it last stood, whatever its file says by now. */
async function ofPipeline(
  file: string,
  root: string,
  cache: FolderStore,
): Promise<Result<Whole, readonly Diagnostic[]>> {
  const { kinds, unloaded } = await loadKinds(root);
  const loaded = await loadPipeline({ root, file, kinds, unloaded });
  if (!loaded.ok) return loaded;
  const { name, stages } = loaded.value;
  const known = stages.flatMap((stage): [string, SubjectStage][] => {
    const latest = cache.readLatest(name, stage.name);
    return latest === undefined ? [] : [[stage.name, readSubjectStage(cache, latest)]];
  });
  if (known.length === 0) {
    return err([
      { code: 'never-ran', message: `${name} has no results yet`, hint: `Run it: restage run ${name}.yaml` },
    ]);
  }
  return ok({ label: name, stages: new Map(known) });
}

function unknownSubject(word: string, root: string, cache: FolderStore): Diagnostic {
  const ids = cache.runs().map(({ id }) => id);
  const hint = suggest(word, [...pipelineNames(root), ...(word.length > 8 ? ids : []), 'last']);
  return {
    code: 'unknown-subject',
    message: `Expected a pipeline, a run or a stage of one, got "${word}"`,
    hint:
      hint ??
      'Such as experiments/a.yaml, a run as `restage history` lists it, last, last~1, or one of these with :stage.',
  };
}
