import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type io, type LayersModel, loadLayersModel, io as tfjsIo } from '@tensorflow/tfjs';
import { StageError } from '../../stage.ts';
import { imageSizeOf, openGraph, unfilledNetwork, wholeNetwork } from './graph-network.ts';
import { infoFile, type ModelInfo, onnxFile, readModelInfo } from './model-info.ts';
import type { Network } from './model-output.ts';
import { OnnxNetwork } from './onnx/onnx-network.ts';
import { besideManifest } from './weights/shards.ts';
import { openTfjsManifest } from './weights/tfjs-manifest.ts';
import { readFinite } from './weights/weight-files.ts';

const modelFile = 'model.json';
const weightsFile = 'weights.bin';

/** The content of a `model` artifact. */
export interface ModelFiles {
  readonly model: LayersModel;
  readonly info: ModelInfo;
}

/**
 * Writes a `model` artifact for any tfjs-layers, creating `folder`. The same weights and info give
 * the same bytes.
 */
export async function saveModel(folder: string, { model, info }: ModelFiles): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const save = async ({ modelTopology, weightSpecs, weightData }: io.ModelArtifacts) => {
    const manifest: io.ModelJSON = {
      modelTopology: modelTopology!,
      weightsManifest: [{ paths: [weightsFile], weights: weightSpecs! }],
      format: 'layers-model',
    };
    writeFileSync(join(folder, modelFile), JSON.stringify(manifest));
    writeFileSync(
      join(folder, weightsFile),
      new Uint8Array(tfjsIo.CompositeArrayBuffer.join(weightData)),
    );
    return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' as const } };
  };
  await model.save(tfjsIo.withSaveHandler(save));
  writeFileSync(join(folder, infoFile), `${JSON.stringify(info, null, 2)}\n`);
}

type OpenNetwork = { readonly model: Network; readonly info: ModelInfo } & Disposable;

/**
 * Reads the `model` artifact in `folder`, layers or an ONNX file, until it is disposed of. Throws a
 * {@link StageError} when it is not one.
 */
export async function loadNetwork(folder: string, threads: number): Promise<OpenNetwork> {
  const info = readModelInfo(folder);
  if (info.onnx === undefined || !('size' in info.input)) {
    return { ...(await loadModel(folder)), [Symbol.dispose]: () => {} };
  }
  const options = { threads, imageSize: info.input.size, probabilities: info.onnx.probabilities };
  const model = await OnnxNetwork.open(fileIn(folder), options);
  return { model, info, [Symbol.dispose]: () => model[Symbol.dispose]() };
}

/**
 * Reads the `model` artifact in `folder`, whose layers are needed: those of an ONNX file are its
 * nodes. Throws a {@link StageError} when it is not one, or has a node without gradients here.
 */
export async function loadModel(folder: string): Promise<ModelFiles> {
  const info = readModelInfo(folder);
  if (info.onnx !== undefined) {
    const opened = openGraph(fileIn(folder));
    const size = 'size' in info.input ? info.input.size : undefined;
    return { model: await wholeNetwork(opened, imageSizeOf(opened, size)), info };
  }
  const path = join(folder, modelFile);
  const modelTopology = readTopology(path);
  const tensors = [...openTfjsManifest(path, besideManifest(path)).tensors.values()];
  const weightSpecs = tensors.map(({ name, shape }) => ({
    name,
    shape: [...shape],
    dtype: 'float32' as const,
  }));
  const weightData = tensors.map((tensor) => readFinite(path, tensor).buffer as ArrayBuffer);
  return { model: await loadLayers(path, { modelTopology, weightSpecs, weightData }), info };
}

/**
 * The layers of a `model` artifact that began as an ONNX file, without the numbers of its weights,
 * for those who only list them. Throws a {@link StageError} as {@link loadModel} does.
 */
export async function loadGraphLayers(folder: string, info: ModelInfo): Promise<LayersModel> {
  if (info.onnx !== undefined) {
    const opened = openGraph(fileIn(folder));
    const size = 'size' in info.input ? info.input.size : undefined;
    return await unfilledNetwork(opened, imageSizeOf(opened, size));
  }
  const path = join(folder, modelFile);
  return await loadLayers(path, { modelTopology: readTopology(path) });
}

/** The ONNX file of a model. Throws a {@link StageError} where somebody removed it. */
function fileIn(folder: string): string {
  const path = join(folder, onnxFile);
  if (existsSync(path)) return path;
  throw new StageError(
    `Expected ${onnxFile} in ${folder}, since ${infoFile} there is of an ONNX file, got none.`,
  );
}

function readTopology(path: string): NonNullable<io.ModelArtifacts['modelTopology']> {
  const { modelTopology } = JSON.parse(readFileSync(path, 'utf8')) as Partial<io.ModelJSON>;
  if (modelTopology !== undefined) return modelTopology;
  throw new StageError(`Expected a tfjs-layers model, but ${path} is weights alone.`);
}

const loadLayers = (path: string, artifacts: io.ModelArtifacts): Promise<LayersModel> =>
  loadLayersModel(tfjsIo.fromMemory(artifacts)).catch((error: Error) => {
    throw new StageError(
      `Expected a tfjs-layers model, but ${path} cannot be loaded: ${error.message}`,
    );
  });
