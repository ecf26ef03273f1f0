import { existsSync, statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { findPipelineFile, findRoot } from '../../engine/config/loading/find-pipeline.ts';
import { describeChange, describeReasons } from '../../engine/plan/describe-decision.ts';
import { infoFile, type ModelInfo } from '../../learning/models/model-info.ts';
import { shellQuote } from '../../shell/shell-quote.ts';
import { stageArgument } from '../../shell/stage-argument.ts';
import { StageError } from '../../stage.ts';
import { openSelection } from '../open-target.ts';
import { OpenedProject } from '../opened-project.ts';
import { mistake, type PipelineError } from '../pipeline-error.ts';
import type { Selection } from '../selection.ts';
import { planSelection } from '../workspace.ts';
import { pathOfWord } from './file-word.ts';
import type { ModelLookup } from './find-model.ts';

export interface TrainedModel {
  /** Absolute path of the model's folder, or of an ONNX file that describes itself. */
  readonly path: string;
  /** The name for the user: the folder as it was written, or a stage of a pipeline. */
  readonly title: string;
  /** Whether words named the folder itself. */
  readonly isFolder: boolean;
  /** The words after those that name the model. */
  readonly others: readonly string[];
}

export interface TrainedModelLookup extends ModelLookup {
  readonly backend: string;
}

/**
 * The model of a folder, of an ONNX file, of a pipeline (and stage), or of `file:stage`. Warns
 * where a run would make another one.
 */
export async function findTrainedModel(
  [first = '', ...others]: readonly string[],
  { folder: here, set, backend, onWarning }: TrainedModelLookup,
): Promise<TrainedModel> {
  const named = pathOfWord(first, here);
  if (existsSync(join(named, infoFile)))
    return { path: named, title: first, isFolder: true, others };
  if (networkFile.test(first) && existsSync(named)) {
    await expectDescribed(named);
    return { path: named, title: basename(first), isFolder: false, others };
  }
  const root = findRoot(here);
  const isFile = (word: string) =>
    /\.ya?ml$/.test(word) || (root !== undefined && findPipelineFile(word, here, root).ok);
  const colon = first.lastIndexOf(':');
  // `compare` writes it so.
  const holdsStage = !isFile(first) && isFile(first.slice(0, Math.max(0, colon)));
  const file = holdsStage ? first.slice(0, colon) : first;
  if (!isFile(file)) throw unknownModel(first, here);
  const [second] = others;
  const isStage =
    !holdsStage &&
    second !== undefined &&
    !existsSync(resolve(here, second)) &&
    !/\.\w+$/.test(second);
  const stageWord = isStage ? second : undefined;
  const stageName = holdsStage ? first.slice(colon + 1) : stageWord;
  const words = stageName === undefined ? [file] : [file, stageName];
  const project = await openSelection(new OpenedProject(here, { onWarning }), { words, set });
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
    onWarning(
      `${stage} is not up to date (${why.join('; ')}). Its published model is used as it is.`,
    );
  }
  return {
    path: folder,
    title: `${stage} of ${project.pipeline.name}`,
    isFolder: false,
    others: isStage ? others.slice(1) : others,
  };
}

/** What `info.json` says of a model, or an ONNX file of itself. Loads tfjs, which a model needs. */
export async function infoOfTrained({ path }: TrainedModel): Promise<ModelInfo> {
  const { infoOfModel } = await import('../../learning/models/model-files.ts');
  return infoOfModel(path);
}

function modelOf({ pipeline, graph, named }: Selection): {
  readonly stage: string;
  readonly folder: string;
} {
  const models = named.flatMap((stage) => {
    const outputs = graph.stages.get(stage)?.outputs ?? []; // a pending one has none yet
    return outputs.flatMap(({ type, path }) => (type === 'model' ? [{ stage, path }] : []));
  });
  const [model, ...more] = models;
  if (model === undefined) {
    const message = `Expected a stage that leaves a model, got ${named.join(', ')} in ${pipeline.file}`;
    throw mistake('no-model', message, 'Such as one of the kind train or load-model.');
  }
  if (more.length > 0) {
    const stages = models.map(({ stage }) => stageArgument(stage)).join(', ');
    const message = `Expected one model, got ${models.length} in ${pipeline.file}`;
    throw mistake('several-models', message, `Name one of the stages ${stages} after the file.`);
  }
  const folder = join(pipeline.root, model.path);
  if (existsSync(join(folder, infoFile))) return { stage: model.stage, folder };
  const hint = `Make it: restage run ${shellQuote(pipeline.file)} ${stageArgument(model.stage)}`;
  throw mistake('no-model', `There is no model of ${model.stage} yet in ${model.path}`, hint);
}

function unknownModel(word: string, here: string): PipelineError {
  const isFolder =
    statSync(pathOfWord(word, here), { throwIfNoEntry: false })?.isDirectory() === true;
  const message = isFolder
    ? `Expected a pipeline or the folder of a trained model, got the folder ${word} without ${infoFile}`
    : `There is no pipeline or trained model "${word}"`;
  const hint = 'Such as experiments/a.yaml, or artifacts/a/fit/model as its stage publishes it.';
  return mistake('unknown-model', message, hint);
}

/** Files of networks or weights. */
const networkFile = /\.(onnx|pth?|safetensors|h5|hdf5|keras)$/i;

/** Throws a `PipelineError` for a file that is no model, since it does not describe itself. */
async function expectDescribed(path: string): Promise<void> {
  const { describedFile } = await import('../../learning/models/described-file.ts');
  try {
    describedFile(path);
  } catch (error) {
    if (!(error instanceof StageError)) throw error;
    throw mistake('unknown-model', error.message, describingHint);
  }
}

const describingHint = 'Then name the pipeline of that stage here, or the model that it publishes.';
