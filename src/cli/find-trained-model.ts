import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Stage } from '../engine/config/pipeline.ts';
import { findPipelineFile, findRoot } from '../engine/config/pipeline-files.ts';
import type { Diagnostic } from '../engine/diagnostics/diagnostic.ts';
import { describeReasons } from '../engine/plan/describe-decision.ts';
import { plan } from '../engine/plan/plan.ts';
import { infoFile } from '../learning/models/model-info.ts';
import { asArgument } from '../reporting/terminal/text.ts';
import { err, ok, type Result } from '../result.ts';
import { makeWorld, saveDigests, warnOnStderr } from './make-world.ts';
import { openProject, type Project } from './open-project.ts';

/** A `model` artifact that a command asks for. */
export interface TrainedModel {
  readonly folder: string;
  /** As the user calls it: the folder, or a stage of a pipeline. */
  readonly title: string;
  /** The words that do not say which model. */
  readonly others: readonly string[];
}

/**
 * The model that the first words name: its folder, or a pipeline's file, with one of the stages behind it where several leave a
 * model, or `file:stage`. What names a file that is there is no stage. `set` is for the pipeline. Where a run would make another model, a
 * warning says so, since it is the one there is that is taken.
 */
export async function findTrainedModel(
  [first = '', ...others]: readonly string[],
  { set, backend }: { readonly set: readonly string[]; readonly backend: string },
): Promise<Result<TrainedModel, readonly Diagnostic[]>> {
  if (existsSync(join(first, infoFile))) return ok({ folder: first, title: first, others });
  const root = findRoot(process.cwd());
  const isFile = (word: string) =>
    /\.ya?ml$/.test(word) || (root !== undefined && findPipelineFile(word, process.cwd(), root).ok);
  const colon = first.lastIndexOf(':');
  const named = !isFile(first) && isFile(first.slice(0, Math.max(0, colon))); // as `compare` writes it
  const file = named ? first.slice(0, colon) : first;
  if (!isFile(file)) return err([unknown(first)]);
  const [second] = others;
  const isStage = !named && second !== undefined && !existsSync(second) && !/\.\w+$/.test(second);
  const stage = named ? [first.slice(colon + 1)] : isStage ? [second] : [];
  const opened = await openProject({ words: [file, ...stage], set });
  if (!opened.ok) return opened;
  const found = modelOf(opened.value);
  if (!found.ok) return found;
  await warnWhereStale(opened.value, found.value.stage, backend);
  return ok({ ...found.value, others: isStage ? others.slice(1) : others });
}

async function warnWhereStale(project: Project, stage: string, backend: string): Promise<void> {
  const world = makeWorld(project, backend, warnOnStderr);
  const planned = (await plan(project.stages, world)).find(({ stage: { name } }) => name === stage);
  saveDigests(world);
  if (planned === undefined || planned.decision.state === 'up to date') return;
  const why = describeReasons(planned.decision).join('; ');
  warnOnStderr(`${stage} is not up to date (${why}): what is explained is the model that lies there.`);
}

type Found = Omit<TrainedModel, 'others'> & { readonly stage: string };

function modelOf({ pipeline, graph, named }: Project): Result<Found, readonly Diagnostic[]> {
  const models = named.flatMap((name) => modelsOf(graph.stage(name)));
  const [one, ...more] = models;
  if (one === undefined) {
    const message = `Expected a stage that leaves a model, got ${named.join(', ')} in ${pipeline.file}`;
    return err([{ code: 'no-model', message, hint: 'Such as one of the kind train or load-model.' }]);
  }
  if (more.length > 0) {
    const message = `Expected one model, got ${models.length} in ${pipeline.file}`;
    const stages = models.map(({ stage }) => asArgument(stage)).join(', ');
    return err([{ code: 'several-models', message, hint: `Name one of the stages ${stages} behind the file.` }]);
  }
  const folder = join(pipeline.root, one.path);
  if (existsSync(join(folder, infoFile)))
    return ok({ folder, title: `${one.stage} of ${pipeline.name}`, stage: one.stage });
  const message = `There is no model of ${one.stage} yet in ${one.path}`;
  return err([{ code: 'no-model', message, hint: `Make it: restage run ${pipeline.file} ${asArgument(one.stage)}` }]);
}

const modelsOf = ({ name, outputs }: Stage): readonly { readonly stage: string; readonly path: string }[] =>
  outputs.filter(({ type }) => type === 'model').map(({ path }) => ({ stage: name, path }));

function unknown(word: string): Diagnostic {
  const isFolder = statSync(word, { throwIfNoEntry: false })?.isDirectory() === true;
  const message = isFolder
    ? `Expected a pipeline or the folder of a trained model, got the folder ${word} without ${infoFile}`
    : `There is no pipeline or trained model "${word}"`;
  const hint = 'Such as experiments/a.yaml, or artifacts/a/fit/model as its stage publishes it.';
  return { code: 'unknown-model', message, hint };
}
