import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { findPipelineFile, findRoot } from '../../engine/config/loading/pipeline-files.ts';
import { describeChange, describeReasons } from '../../engine/plan/describe-decision.ts';
import { infoFile } from '../../learning/models/model-info.ts';
import { mistake, type PipelineError } from '../../project/pipeline-error.ts';
import type { Selection } from '../../project/selection.ts';
import { planSelection } from '../../project/workspace.ts';
import { asArgument } from '../../reporting/terminal/text.ts';
import { shellQuote } from '../../shell/shell-quote.ts';
import { warnOnStderr } from './command-error.ts';
import { openSelection } from './open-pipeline.ts';

interface TrainedModel {
  readonly folder: string;
  /** The name for the user: the folder, or a stage of a pipeline. */
  readonly title: string;
  /** The words after those that name the model. */
  readonly others: readonly string[];
}

/**
 * The model of a folder, of a pipeline (and stage), or of `file:stage`. Warns where a run would
 * make another one.
 */
export async function findTrainedModel(
  [first = '', ...others]: readonly string[],
  { set, backend }: { readonly set: readonly string[]; readonly backend: string },
): Promise<TrainedModel> {
  if (existsSync(join(first, infoFile))) return { folder: first, title: first, others };
  const root = findRoot(process.cwd());
  const isFile = (word: string) =>
    /\.ya?ml$/.test(word) || (root !== undefined && findPipelineFile(word, process.cwd(), root).ok);
  const colon = first.lastIndexOf(':');
  // `compare` writes it so.
  const holdsStage = !isFile(first) && isFile(first.slice(0, Math.max(0, colon)));
  const file = holdsStage ? first.slice(0, colon) : first;
  if (!isFile(file)) throw unknownModel(first);
  const [second] = others;
  const isStage =
    !holdsStage && second !== undefined && !existsSync(second) && !/\.\w+$/.test(second);
  const stageWord = isStage ? second : undefined;
  const stageName = holdsStage ? first.slice(colon + 1) : stageWord;
  const words = stageName === undefined ? [file] : [file, stageName];
  const project = await openSelection({ words, set });
  const { stage, folder } = modelOf(project);
  const planned = (await planSelection(project, backend)).find(
    ({ stage: { name } }) => name === stage,
  );
  if (planned !== undefined && planned.decision.state !== 'up to date') {
    const { decision } = planned;
    const reasons = 'reasons' in decision ? decision.reasons : [];
    const changes = reasons.flatMap((reason) =>
      reason.type === 'other result' ? reason.changes : [],
    );
    const why = changes.length > 0 ? changes.map(describeChange) : describeReasons(decision);
    warnOnStderr(
      `${stage} is not up to date (${why.join('; ')}). Its published model is used as it is.`,
    );
  }
  return {
    folder,
    title: `${stage} of ${project.pipeline.name}`,
    others: isStage ? others.slice(1) : others,
  };
}

function modelOf({ pipeline, graph, named }: Selection): {
  readonly stage: string;
  readonly folder: string;
} {
  const models = named.flatMap((stage) =>
    graph
      .stage(stage)
      .outputs.flatMap(({ type, path }) => (type === 'model' ? [{ stage, path }] : [])),
  );
  const [model, ...more] = models;
  if (model === undefined) {
    const message = `Expected a stage that leaves a model, got ${named.join(', ')} in ${pipeline.file}`;
    throw mistake('no-model', message, 'Such as one of the kind train or load-model.');
  }
  if (more.length > 0) {
    const stages = models.map(({ stage }) => asArgument(stage)).join(', ');
    const message = `Expected one model, got ${models.length} in ${pipeline.file}`;
    throw mistake('several-models', message, `Name one of the stages ${stages} after the file.`);
  }
  const folder = join(pipeline.root, model.path);
  if (existsSync(join(folder, infoFile))) return { stage: model.stage, folder };
  const hint = `Make it: restage run ${shellQuote(pipeline.file)} ${asArgument(model.stage)}`;
  throw mistake('no-model', `There is no model of ${model.stage} yet in ${model.path}`, hint);
}

function unknownModel(word: string): PipelineError {
  const isFolder = statSync(word, { throwIfNoEntry: false })?.isDirectory() === true;
  const message = isFolder
    ? `Expected a pipeline or the folder of a trained model, got the folder ${word} without ${infoFile}`
    : `There is no pipeline or trained model "${word}"`;
  const hint = 'Such as experiments/a.yaml, or artifacts/a/fit/model as its stage publishes it.';
  return mistake('unknown-model', message, hint);
}
