import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { findPipelineFile, findRoot } from '../../engine/config/loading/find-pipeline.ts';
import { readJson } from '../../engine/files/write-atomic.ts';
import {
  architectureNames,
  architectures,
} from '../../learning/models/architectures/architectures.ts';
import { infoFile, modelInfo } from '../../learning/models/model-info.ts';
import { type ModelSetting, modelSetting, titleOf } from '../../learning/models/model-setting.ts';
import { suggest } from '../../suggest.ts';
import { openSelection } from '../open-target.ts';
import { OpenedProject } from '../opened-project.ts';
import { mistake } from '../pipeline-error.ts';
import { pathOfWord } from './file-word.ts';

/** The image size for a network that is only named: the default of `train`. */
export const usualSize = 256;

/** A network that words name. */
export interface FoundModel {
  readonly setting: ModelSetting;
  /** The side of its training images in pixels; absent for a network that is only named. */
  readonly imageSize?: number;
  readonly title: string;
  readonly summary: string;
}

/** Where words are looked up, and what they say beside. */
export interface ModelLookup {
  /** Absolute path. The network may be in no project. */
  readonly folder: string;
  /** Settings of the pipeline, as `params.<name>=<YAML>`. */
  readonly set: readonly string[];
  readonly onWarning: (message: string) => void;
}

/**
 * The network by its name, of the folder of a trained model, or of a pipeline (and stage). Throws a
 * `PipelineError`.
 */
export async function findModel(
  words: readonly string[],
  lookup: ModelLookup,
): Promise<FoundModel> {
  const [first = '', ...others] = words;
  const { data: name } = modelSetting.options[0].safeParse(first);
  if (name !== undefined && others.length === 0) {
    const { title, summary } = architectures[name];
    return { setting: name, title, summary };
  }
  const { folder } = lookup;
  if (others.length === 0 && existsSync(join(pathOfWord(first, folder), infoFile)))
    return trainedModel(first, folder);
  const root = findRoot(folder);
  const isFile = root !== undefined && findPipelineFile(first, folder, root).ok;
  if (isFile || /\.ya?ml$/.test(first)) return await fromPipeline(words, lookup);
  const message = `There is no network, pipeline or trained model "${first}"`;
  throw mistake('unknown-model', message, suggest(first, architectureNames));
}

const trainingSettings = z.object({ model: modelSetting, imageSize: z.int().default(usualSize) });

async function fromPipeline(
  words: readonly string[],
  { folder, set, onWarning }: ModelLookup,
): Promise<FoundModel> {
  const project = new OpenedProject(folder, { onWarning });
  const { named: names, graph, pipeline } = await openSelection(project, { words, set });
  const models = new Map<string, FoundModel>();
  const training: string[] = [];
  const fromFiles: string[] = [];
  for (const stage of names.filter((name) => graph.stages.has(name))) {
    const { settings, inputs } = graph.stage(stage);
    const { data } = trainingSettings.safeParse(settings);
    if (data === undefined) continue;
    // The file takes the place of the setting.
    if (inputs.some(({ port }) => ['network', 'onnx'].includes(port))) {
      fromFiles.push(stage);
      continue;
    }
    training.push(stage);
    const { model: setting, imageSize } = data;
    const summary =
      typeof setting === 'string'
        ? architectures[setting].summary
        : `its layers are in ${pipeline.file}.`;
    const title = titleOf(setting) ?? stage;
    const key = JSON.stringify([setting, imageSize]);
    if (!models.has(key)) models.set(key, { setting, imageSize, title, summary });
  }
  const [model, ...more] = models.values();
  if (model === undefined && fromFiles.length > 0) {
    throw mistake(
      'no-model',
      `The network of ${fromFiles.join(', ')} in ${pipeline.file} is in a file`,
      'Name the file, such as `restage model models/net.onnx`, or the folder of the trained model.',
    );
  }
  if (model === undefined) {
    const got = names.join(', ');
    throw mistake(
      'no-model',
      `Expected a stage that trains a network, got ${got} in ${pipeline.file}`,
    );
  }
  if (more.length === 0) return model;
  const message = `Expected one network, got ${models.size} in ${pipeline.file}`;
  throw mistake('several-models', message, `Name one of the stages ${training.join(', ')}.`);
}

function trainedModel(word: string, folder: string): FoundModel {
  const path = join(word, infoFile);
  const file = join(pathOfWord(word, folder), infoFile);
  const { data: info } = modelInfo.safeParse(readJson(file));
  const { data: setting } = modelSetting.safeParse(info?.architecture);
  if (info === undefined || setting === undefined) {
    throw mistake('no-model', `Expected a network in ${path}, got something else`);
  }
  if ('values' in info.input) {
    const got = `one that takes ${info.input.values} features`;
    throw mistake('no-model', `Expected a network that sees images, got ${got}, in ${path}`);
  }
  const title = titleOf(setting) ?? word;
  return { setting, imageSize: info.input.size, title, summary: `Trained, in ${word}.` };
}
