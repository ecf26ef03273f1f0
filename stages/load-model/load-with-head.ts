import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { formatList } from '../../src/format-numbers.ts';
import { beginNetwork } from '../../src/learning/models/begin-network.ts';
import { loadLayers } from '../../src/learning/models/export/layers-of-file.ts';
import { type OpenedGraph, openGraph } from '../../src/learning/models/graph-network.ts';
import {
  type FeaturesOrigin,
  type JoinedModel,
  joinToFile,
  joinToLayers,
  joinToNetwork,
  layersOf,
  originOf,
} from '../../src/learning/models/joining/join-head.ts';
import { loadModel, type ModelFiles, saveModel } from '../../src/learning/models/model-files.ts';
import { infoFile, onnxFile } from '../../src/learning/models/model-info.ts';
import { modelSetting } from '../../src/learning/models/model-setting.ts';
import { networkFiles } from '../../src/learning/models/network-paths.ts';
import { startBackend } from '../../src/learning/training/start-backend.ts';
import { type StageContext, StageError } from '../../src/stage.ts';
import type { LoadModelSettings } from './spec.ts';

type Context = StageContext<LoadModelSettings>;

/** Writes the network that a head's features came from, and the head behind it, as one model. */
export async function loadWithHead(context: Context): Promise<void> {
  // Nothing is computed, so the simplest backend serves.
  await startBackend({ ...context, backend: 'cpu' });
  const head = await loadModel(context.input('head').path);
  const origin = originOf(head.info);
  const { model, architecture } = await joined(context, origin, head);
  context.log(`The network of the features up to ${formatList(layersOf(origin))}, then the head.`);
  const info = { ...head.info, architecture, input: origin.input };
  await saveModel(context.output('model'), { model, info });
}

async function joined(
  context: Context,
  origin: FeaturesOrigin,
  head: ModelFiles,
): Promise<JoinedModel> {
  const file = await networkFiles(context);
  if (file !== undefined) return joinToFile(openGraph(file), origin, head);
  const [weights] = context.inputs('weights');
  if (weights !== undefined && existsSync(join(weights.path, infoFile))) {
    return joinToModel(weights.path, origin, head);
  }
  return joinToWeights(context, origin, head);
}

/** The network is a model of another stage. */
async function joinToModel(
  folder: string,
  origin: FeaturesOrigin,
  head: ModelFiles,
): Promise<JoinedModel> {
  if (!('layer' in origin)) return joinToLayers(await loadLayers(folder), origin, head);
  const { model } = await loadModel(folder);
  const file = join(folder, onnxFile);
  const opened: OpenedGraph | undefined = existsSync(file) ? openGraph(file) : undefined;
  return joinToNetwork(model, origin, head, opened);
}

/** The network is known by its name or layers, and begins as it did in `embed`. */
async function joinToWeights(
  context: Context,
  origin: FeaturesOrigin,
  head: ModelFiles,
): Promise<JoinedModel> {
  const setting = modelSetting.safeParse(origin.architecture);
  if (!setting.success) {
    const file = 'give that file as the input `onnx`, or the `model` that embed had as `weights`';
    throw new StageError(`Expected the network of an ONNX file before the head: ${file}.`);
  }
  const { pretrained, seed } = context.settings;
  const { size: imageSize, ...input } = origin.input;
  const { model } = await beginNetwork(context, {
    ...input,
    imageSize,
    model: setting.data,
    seed,
    ...(pretrained && { pretrained }),
  });
  if ('layer' in origin) return joinToNetwork(model, origin, head);
  // How many outputs it has does not matter: the head takes the place of its own.
  const classes = Array.from({ length: model.outputs[0]!.shape.at(-1)! }, (_, i) => String(i));
  const info = { ...head.info, architecture: setting.data, classes, input: origin.input };
  return joinToLayers({ model, info }, origin, head);
}
