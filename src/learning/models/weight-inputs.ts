import { z } from 'zod';
import type { Downloader, InputArtifact, PublishedFile, SettingMistake } from '../../stage.ts';
import type { ModelSetting } from './model-setting.ts';

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

/**
 * Weights of `keras.applications.xception`, without its classifier, and the networks that they fit,
 * all but their heads.
 */
const imagenet: PublishedFile = {
  url: 'https://storage.googleapis.com/tensorflow/keras-applications/xception/xception_weights_tf_dim_ordering_tf_kernels_notop.h5',
  md5: 'b0042744bf5b25fce3cb969f33bebb97',
};
const networks: readonly ModelSetting[] = ['xception', 'xception-based'];

/** A name with its checksum: this decides the fingerprint, and stands in a model's `info.json`. */
export type PretrainedSetting = `imagenet@md5:${string}`;

export const pretrainedSetting = z
  .enum(['imagenet', 'none'])
  .transform((name): PretrainedSetting | 'none' =>
    name === 'none' ? name : `${name}@md5:${imagenet.md5}`,
  )
  .describe('Published weights, downloaded once: imagenet, of Xception.');

type Pretrained = { readonly pretrained?: PretrainedSetting | 'none' | undefined };

export const publishedWeights = ({ pretrained = 'none' }: Pretrained): readonly PublishedFile[] =>
  pretrained === 'none' ? [] : [imagenet];

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
  if (networks.includes(model)) return [];
  const got = typeof model === 'string' ? model : 'a list of layers';
  return mistake(`these are weights of ${networks.join(', ')}, got ${got}`);
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
