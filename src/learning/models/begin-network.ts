import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { LayersModel } from '@tensorflow/tfjs';
import { formatFew, toDecimals } from '../../format-numbers.ts';
import { StageError } from '../../stage.ts';
import { type Normalization, usualNormalization } from '../vision/pixels-to-floats.ts';
import { type Fit, type Kernel, usualLargest } from '../vision/resize-settings.ts';
import { buildNet } from './build-net.ts';
import { initialiseWeights } from './initial-weights.ts';
import type { Net } from './layers/layer.ts';
import { graphOf, type ImageInput, infoFile, readModelInfo } from './model-info.ts';
import { type ModelSetting, modelMistakes, netOf } from './model-setting.ts';
import type { PretrainedSetting } from './published-weights.ts';
import { type WeightSource, weightPaths } from './weight-inputs.ts';
import { loadWeights } from './weights/load-weights.ts';
import { openWeights } from './weights/open-weights.ts';
import type { StoredWeights } from './weights/weight-files.ts';

/** The settings of a network that sees images, and of its initial weights. */
interface NetworkSettings {
  readonly fit: Fit;
  readonly kernel: Kernel;
  readonly resize?: ImageInput['resize'];
  readonly scale?: ImageInput['scale'];
  readonly largest?: ImageInput['largest'];
  readonly model: ModelSetting;
  /** Pixels a side. */
  readonly imageSize: number;
  /** Left out: what the weights require. */
  readonly normalise?: Normalization;
  readonly pretrained?: PretrainedSetting | 'none';
  readonly seed: number;
  /**
   * How many values a named network ends with, 2 by default; a list of layers ends as it is
   * written.
   */
  readonly classes?: number;
}

/**
 * Builds the network of a stage on a running backend, with random weights or those of its inputs or
 * settings; the log says which. `random` are layers of the head that a file of weights lacks, each
 * with the reason. Throws a `StageError` where weights do not fit.
 */
export async function beginNetwork(
  context: WeightSource & { log(line: string): void },
  {
    model: architecture,
    imageSize: size,
    fit,
    kernel,
    resize,
    scale,
    largest,
    normalise,
    pretrained,
    seed,
    classes,
  }: NetworkSettings,
) {
  const net = netOf(architecture, classes);
  const [mistake] = modelMistakes(architecture, size);
  if (mistake !== undefined)
    throw new StageError(`With images of ${size} x ${size}: ${mistake.message}.`);
  const model = buildNet(net, size);
  initialiseWeights(model, seed);
  const paths = await weightPaths(context, pretrained);
  const loaded = paths && (await loadFrom(paths, model, { net, imageSize: size }, context.log));
  const { mean, deviation } = normalise ?? loaded?.normalise ?? usualNormalization;
  const input: ImageInput = {
    size,
    fit,
    kernel,
    normalise: { mean: [...mean], deviation: [...deviation] },
    ...(resize !== undefined && { resize }),
    ...(scale !== undefined && { scale, largest: largest ?? usualLargest }),
  };
  return { net, model, input, random: loaded?.random ?? [] };
}

async function loadFrom(
  paths: readonly string[],
  model: LayersModel,
  form: { readonly net: Net; readonly imageSize: number },
  log: (line: string) => void,
) {
  refuseGraph(paths[0]!);
  using stored = await openWeights(paths);
  const loaded = loadWeights(model, form, stored);
  const normalise = normalisationIn(paths[0]!) ?? loaded.normalise;
  for (const line of describe(loaded, stored)) log(line);
  if (normalise !== undefined) {
    const listed = (values: readonly number[]) =>
      values.map((value) => Number(toDecimals(value, 4))).join(', ');
    const mean = listed(normalise.mean);
    const deviation = listed(normalise.deviation);
    log(`Their network saw images normalised by mean ${mean} and deviation ${deviation}.`);
  }
  return { random: loaded.random, normalise };
}

/** The weights of an ONNX file's network fit that network alone. */
function refuseGraph(folder: string): void {
  if (!existsSync(join(folder, infoFile))) return;
  const info = readModelInfo(folder);
  if (info.onnx === undefined && graphOf(info) === undefined) return;
  throw new StageError(
    'Expected the weights of a network of listed layers, got a model that began as an ONNX file. Give `train` the file as its input `onnx`, in place of `weights`; the stage `export` with formats: [onnx] writes the file of a trained model. Its head then begins with random weights.',
  );
}

/** Only a `model` artifact says how images were normalised for it. */
function normalisationIn(folder: string): Normalization | undefined {
  if (!existsSync(join(folder, infoFile))) return undefined;
  const { input } = readModelInfo(folder);
  return 'normalise' in input ? input.normalise : undefined;
}

function describe(
  { layers, random, unused, naming }: ReturnType<typeof loadWeights>,
  { path, part }: StoredWeights,
) {
  const file = part === undefined ? path : `${part} of ${path}`;
  return [
    `Weights of ${layers.length} layers come from ${file}, which names them as ${naming} does.`,
    ...random.map((layer) => `Random, as part of the head: ${layer}.`),
    ...(unused.length > 0 ? [`Left unused: ${formatFew(unused, 5)}.`] : []),
  ];
}
