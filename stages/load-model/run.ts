import { copyFileSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { formatFew } from '../../src/format-numbers.ts';
import { beginNetwork } from '../../src/learning/models/begin-network.ts';
import { graphAsOnnx } from '../../src/learning/models/export/graph-as-onnx.ts';
import { openGraph } from '../../src/learning/models/graph-network.ts';
import { imageSizeOrigin } from '../../src/learning/models/image-size-origin.ts';
import { usualInput } from '../../src/learning/models/input-settings.ts';
import { saveModel } from '../../src/learning/models/model-files.ts';
import {
  type ImageInput,
  infoFile,
  type ModelInfo,
  onnxFile,
} from '../../src/learning/models/model-info.ts';
import { networkPaths } from '../../src/learning/models/network-paths.ts';
import { fileName } from '../../src/learning/models/onnx/file-name.ts';
import { OnnxNetwork } from '../../src/learning/models/onnx/onnx-network.ts';
import { inputOf, onnxMetadata } from '../../src/learning/models/onnx-metadata.ts';
import { withPreprocessing } from '../../src/learning/models/preprocessing-input.ts';
import { isTfjsFile } from '../../src/learning/models/weights/weight-files.ts';
import { startBackend } from '../../src/learning/training/start-backend.ts';
import { type StageContext, StageError } from '../../src/stage.ts';
import { loadWithHead } from './load-with-head.ts';
import { type LoadModelSettings, usual } from './spec.ts';

type Context = StageContext<LoadModelSettings>;

export default async function run(context: Context): Promise<void> {
  if (context.inputs('head').length > 0) return loadWithHead(context);
  if (networkPaths(context) !== undefined) return loadOnnx(context);
  const {
    model: architecture,
    pretrained,
    seed,
    classes,
    ...input
  } = { ...usual, ...withPreprocessing(context, context.settings) };
  // Nothing is computed, so the simplest backend serves.
  await startBackend({ ...context, backend: 'cpu' });
  const network = { ...input, model: architecture!, seed, classes: classes.length };
  const {
    model,
    input: seen,
    random,
  } = await beginNetwork(context, { ...network, ...(pretrained && { pretrained }) });
  if (random.length > 0) {
    context.warn(
      `The head is random and separates nothing before it is trained: ${random.join('; ')}.`,
    );
  }
  const info: ModelInfo = {
    architecture: architecture!,
    classes: [...classes],
    input: seen,
    training: { ...(pretrained !== undefined && { pretrained }), seed },
    chosenEpoch: 0,
    backend: 'none',
  };
  await saveModel(context.output('model'), { model, info });
}

/**
 * Writes a `model` artifact that holds an ONNX file, after one pass over a black image has shown
 * that it fits.
 */
async function loadOnnx(context: Context): Promise<void> {
  const settings = withPreprocessing(context, context.settings);
  const { imageSize, scoresAre } = settings;
  const sizeOrigin = imageSizeOrigin(context, imageSize);
  const options = { threads: context.cpus, imageSize, sizeOrigin };
  using network = await OnnxNetwork.open(onnxOf(context), options);
  const { facts, input, output } = network;
  const { shape } = await network.run(new Float32Array(input.size ** 2 * 3));
  const metadata = onnxMetadata(facts.metadata);
  const classes = settings.classes ?? metadata.classes;
  if (shape.length !== 1 || shape[0] !== (classes?.length ?? shape[0])) {
    const wanted =
      classes === undefined ? 'each class' : `each of the classes ${formatFew(classes, 5)}`;
    throw new StageError(
      `Expected a value for ${wanted} in the tensor "${output}", got ${shape.join(' x ')} values for each image.`,
    );
  }
  if (classes === undefined) {
    throw new StageError(
      `Expected the names of ${shape[0]} classes, which the file does not have: set classes.`,
    );
  }
  const probabilities =
    scoresAre === undefined ? facts.softmaxes.includes(output) : scoresAre === 'probabilities';
  const layout = input.layout === 'NCHW' ? 'channels first' : 'channels last';
  context.log(
    `${input.name}: ${input.size} x ${input.size}, ${layout}; ${output}: ${shape[0]} values.`,
  );
  const file = { file: fileName(network.path), size: input.size };
  const known = settings.normalise === undefined ? inputOf(metadata, file) : metadata.exported;
  const info: ModelInfo = {
    architecture: 'onnx',
    classes: [...classes],
    input: { ...preparationOf(settings, known), size: input.size },
    onnx: { parameters: facts.parameters, probabilities },
    ...(metadata.recipe !== undefined && { recipe: metadata.recipe }),
    training: {},
    chosenEpoch: 0,
    backend: 'none',
  };
  const folder = context.output('model');
  mkdirSync(folder, { recursive: true });
  copyFileSync(network.path, join(folder, onnxFile));
  writeFileSync(join(folder, infoFile), `${JSON.stringify(info, null, 2)}\n`);
}

/** The path of the stage's ONNX file, or of one that is written of its tfjs model. */
function onnxOf(context: Context): string {
  const paths = networkPaths(context)!;
  const [path = ''] = paths;
  const isModel = statSync(path).isDirectory() ? !hasOnnx(path) : isTfjsFile(path);
  if (context.inputs('network').length === 0 || !isModel) return path;
  const file = join(context.scratch, onnxFile);
  writeFileSync(file, graphAsOnnx(openGraph(paths)));
  return file;
}

const hasOnnx = (folder: string): boolean =>
  readdirSync(folder).some((name) => name.endsWith('.onnx'));

/**
 * How an image becomes the file's input. Throws a {@link StageError} where nothing says how it is
 * normalised.
 */
function preparationOf(
  settings: LoadModelSettings,
  known: ImageInput | undefined,
): Omit<ImageInput, 'size'> {
  const normalise = settings.normalise ?? known?.normalise;
  if (normalise !== undefined) {
    const { fit, kernel, ...merged } = { ...usualInput, ...known, ...settings };
    const resize = settings.fit === undefined ? merged.resize : settings.resize;
    return {
      fit,
      kernel,
      normalise: { mean: [...normalise.mean], deviation: [...normalise.deviation] },
      ...(resize !== undefined && { resize }),
    };
  }
  throw new StageError(
    'Expected the setting normalise, which the file does not say. Many networks use ImageNet’s: ' +
      'normalise: { mean: [0.485, 0.456, 0.406], deviation: [0.229, 0.224, 0.225] }',
  );
}
