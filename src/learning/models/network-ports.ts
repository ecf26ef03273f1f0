import type { ContentsCheck, ContentsQuestion } from '../../stage.ts';

/** The port of kinds that take a network from elsewhere, for what its authors say of its input. */
export const preprocessingPort = {
  type: 'files',
  optional: true,
  summary:
    'How images become the input of a published network, by a file of its authors or its folder: preprocessor_config.json of Hugging Face, config.json of timm with pretrained_cfg, or preprocessor.json of KerasHub. A setting takes precedence.',
} as const;

/** Why an ONNX file that runs as it is is not for images at native scale. */
export const onnxIsFixed =
  'native is for a network of layers: an ONNX file that runs as it is takes images of one size';

/** The ports through which a kind takes the network of a file, which brings its layers along. */
export const fileNames = ['network', 'onnx'] as const;

/** The one that is connected, if any; `network` where both are, which is a mistake. */
export const filePortOf = (inputs: ReadonlySet<string>) =>
  fileNames.find((name) => inputs.has(name));

/** The port for any format; an input of it is read into layers. */
export const networkPort = {
  type: 'files',
  optional: true,
  summary:
    'The network of a file, with its weights: ONNX, or the model.json of a tfjs graph model or layers model, whose shards are beside it in a folder, or under `shards`.',
} as const;

/** The port of kinds that take a network from elsewhere. */
export const onnxPort = {
  type: 'files',
  optional: true,
  summary:
    'An ONNX file with one input of images, [batch, 3, height, width] or [batch, height, width, 3], as float32.',
} as const;

/** The port of kinds that take a whole model: an ONNX file in the model's place. */
export const onnxModelPort = {
  type: 'files',
  optional: true,
  summary:
    'Instead of a model, an ONNX file whose metadata names its classes and how images are prepared, as that of `export` does. Any other file is described by a stage `load-model`.',
} as const;

/** The same where only the network counts, whatever the file says. */
export const countedOnnxPort = {
  type: 'files',
  optional: true,
  summary: 'Instead of models, ONNX files: their parameters are counted, whatever they say.',
} as const;

/**
 * Checks the network of a file at these ports before a stage runs. `settings` are those that decide
 * which part of it is built, and for which images; `load` imports the check, which builds that.
 */
export const networkContents = <S>(
  ports: readonly string[],
  settings: readonly string[],
  load: () => Promise<(stage: ContentsQuestion<S>) => Promise<void>>,
): ContentsCheck<S> => ({
  ports: [...ports, 'shards', 'preprocessing'],
  settings,
  check: async (stage) => {
    if (ports.every((port) => stage.inputs(port).length === 0)) return false;
    const check = await load();
    await check(stage);
    return true;
  },
});
