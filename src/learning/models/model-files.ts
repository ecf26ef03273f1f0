import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type io, type LayersModel, loadLayersModel, io as tfjsIo } from '@tensorflow/tfjs';
import { formatFew } from '../../format-numbers.ts';
import { StageError } from '../../stage.ts';
import { describedFile } from './described-file.ts';
import { imageSizeOf, openGraph, unfilledNetwork, wholeNetwork } from './graph-network.ts';
import { infoFile, type ModelInfo, onnxFile, readModelInfo } from './model-info.ts';
import type { Network } from './model-output.ts';
import { fileName } from './onnx/file-name.ts';
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
 * The info of a `model` artifact, or of an ONNX file that describes itself in its metadata. Throws
 * a {@link StageError} for another file or folder.
 */
export const infoOfModel = (path: string): ModelInfo =>
  isFile(path) ? describedFile(path) : readModelInfo(path);

const isFile = (path: string): boolean =>
  statSync(path, { throwIfNoEntry: false })?.isFile() === true;

/**
 * Reads a model, layers or an ONNX file, until it is disposed of: a `model` artifact, or an ONNX
 * file that describes itself. Throws a {@link StageError} when it is neither.
 */
export async function loadNetwork(path: string, threads: number): Promise<OpenNetwork> {
  const info = infoOfModel(path);
  if (info.onnx === undefined || !('size' in info.input)) {
    return { ...(await loadModel(path)), [Symbol.dispose]: () => {} };
  }
  const { size } = info.input;
  const options = { threads, imageSize: size, probabilities: info.onnx.probabilities };
  const model = await OnnxNetwork.open(onnxOfModel(path), options);
  if (isFile(path)) {
    const { shape } = await model.run(new Float32Array(size ** 2 * 3));
    expectClasses(shape, info, path);
  }
  return { model, info, [Symbol.dispose]: () => model[Symbol.dispose]() };
}

/**
 * Reads a model whose layers are needed: those of an ONNX file are its nodes. Throws a
 * {@link StageError} as {@link loadNetwork} does, and for a node without gradients here.
 */
export async function loadModel(path: string): Promise<ModelFiles> {
  const info = infoOfModel(path);
  if (info.onnx === undefined) return loadLayersOf(path, info);
  const opened = openGraph(onnxOfModel(path));
  const size = 'size' in info.input ? info.input.size : undefined;
  const model = await wholeNetwork(opened, imageSizeOf(opened, size));
  if (isFile(path)) expectClasses(model.outputs[0]!.shape.slice(1), info, path);
  return { model, info };
}

/** Throws a {@link StageError} for a file that describes itself and has other outputs. */
export function expectClasses(
  shape: readonly (number | null)[],
  { classes }: ModelInfo,
  path: string,
): void {
  if (shape.length === 1 && shape[0] === classes.length) return;
  throw new StageError(
    `Expected a value for each of the classes ${formatFew(classes, 5)} in the metadata of ${fileName(path)}, got ${shape.join(' x ')} values for each image.`,
  );
}

/** Reads a `model` artifact of layers. */
async function loadLayersOf(folder: string, info: ModelInfo): Promise<ModelFiles> {
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
    const opened = openGraph(onnxOfModel(folder));
    const size = 'size' in info.input ? info.input.size : undefined;
    return await unfilledNetwork(opened, imageSizeOf(opened, size));
  }
  const path = join(folder, modelFile);
  return await loadLayers(path, { modelTopology: readTopology(path) });
}

/** The ONNX file of a model. Throws a {@link StageError} where somebody removed it. */
export function onnxOfModel(model: string): string {
  if (isFile(model)) return model;
  const path = join(model, onnxFile);
  if (existsSync(path)) return path;
  throw new StageError(
    `Expected ${onnxFile} in ${model}, since ${infoFile} there is of an ONNX file, got none.`,
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
