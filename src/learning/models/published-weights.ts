import { z } from 'zod';
import type { PublishedFile } from '../../stage.ts';
import type { ModelSetting } from './model-setting.ts';

/**
 * Weights of `keras.applications.xception`, without its classifier, and the networks that they fit,
 * all but their heads.
 */
export const imagenet: PublishedFile = {
  url: 'https://storage.googleapis.com/tensorflow/keras-applications/xception/xception_weights_tf_dim_ordering_tf_kernels_notop.h5',
  md5: 'b0042744bf5b25fce3cb969f33bebb97',
};
export const pretrainedNetworks: readonly ModelSetting[] = ['xception', 'xception-based'];

/** A name with its checksum: this decides the fingerprint, and stands in a model's `info.json`. */
export type PretrainedSetting = `imagenet@md5:${string}`;

export const pretrainedSetting = z
  .enum(['imagenet', 'none'])
  .transform((name): PretrainedSetting | 'none' =>
    name === 'none' ? name : `${name}@md5:${imagenet.md5}`,
  )
  .describe('Published weights, downloaded once: imagenet, of Xception.');

export type Pretrained = { readonly pretrained?: PretrainedSetting | 'none' | undefined };

export const publishedWeights = ({ pretrained = 'none' }: Pretrained): readonly PublishedFile[] =>
  pretrained === 'none' ? [] : [imagenet];
