import type { Downloader, InputArtifact, SettingMistake } from '../../stage.ts';
import type { ModelSetting } from './model-setting.ts';
import {
  imagenet,
  isPublishedNetwork,
  type Pretrained,
  type PretrainedSetting,
  pretrainedNetworks,
} from './published-weights.ts';

/** The ports through which a kind takes weights from files; both are optional. */
export const weightPorts = {
  weights: {
    type: ['model', 'files'],
    optional: true,
    summary:
      'Weights: a model, or a file or folder of tfjs, safetensors, PyTorch (.pth) or Keras HDF5.',
  },
  shards: {
    type: 'files',
    list: true,
    optional: true,
    summary: 'The files that a weights manifest names, where `weights` is the manifest alone.',
  },
} as const;

/** Contradictions between the weight inputs, the name of published weights, and the network. */
export function weightMistakes(
  { model, pretrained = 'none' }: Pretrained & { readonly model: ModelSetting },
  inputs: ReadonlySet<string>,
): readonly SettingMistake[] {
  if (inputs.has('shards') && !inputs.has('weights')) {
    return [
      {
        at: [],
        message: 'expected the input `weights` beside `shards`: the manifest that names them',
      },
    ];
  }
  const mistake = (message: string) => [{ at: ['pretrained'], message }];
  if (pretrained === 'none') return [];
  if (inputs.has('weights')) return mistake('either `pretrained` or the input `weights`, got both');
  if (isPublishedNetwork({ pretrained })) {
    return mistake('this is a whole network, which train and embed take in place of "model"');
  }
  if (pretrainedNetworks.includes(model)) return [];
  const got = typeof model === 'string' ? model : 'a list of layers';
  return mistake(`these are weights of ${pretrainedNetworks.join(', ')}, got ${got}`);
}

/** Where a stage's initial weights come from: its inputs, or a published file. */
export interface WeightSource extends Downloader {
  inputs(port: string): readonly InputArtifact[];
}

/**
 * The paths of a stage's initial weights: a file or folder, and shards; undefined where it begins
 * with random ones.
 */
export async function weightPaths(
  context: WeightSource,
  pretrained: PretrainedSetting | 'none' = 'none',
): Promise<readonly string[] | undefined> {
  if (pretrained !== 'none') return [await context.download(imagenet)];
  const paths = [...context.inputs('weights'), ...context.inputs('shards')].map(({ path }) => path);
  return paths.length === 0 ? undefined : paths;
}
