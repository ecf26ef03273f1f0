import { z } from 'zod';
import type { PublishedFile } from '../../stage.ts';
import type { ModelSetting } from './model-setting.ts';

/**
 * Weights of `keras.applications.xception`, without its classifier, and the networks that they fit,
 * all but their heads.
 */
export const imagenet = {
  url: 'https://storage.googleapis.com/tensorflow/keras-applications/xception/xception_weights_tf_dim_ordering_tf_kernels_notop.h5',
  md5: 'b0042744bf5b25fce3cb969f33bebb97',
} as const satisfies PublishedFile;
export const pretrainedNetworks: readonly ModelSetting[] = ['xception', 'xception-based'];

/**
 * Inception V3 of the package `nsfwjs`: a network with its weights, in 8 bits. It began from
 * ImageNet and was fine-tuned on scraped pictures and drawings in five classes, among them
 * pornography. Its author says MIT (GantMan/nsfw_model 142); a later question is open (173).
 */
const inceptionFiles = [
  ['model', '507a140a55922dce99c66667f8856a4e'],
  ['group1-shard1of6', 'a7ce87b5afeb2b476f9984662cb0331d'],
  ['group1-shard2of6', 'a9899c15a7697a4732351c4efe51f370'],
  ['group1-shard3of6', '4e4a3211d4638ca13a5c6f858110ea9a'],
  ['group1-shard4of6', 'fa7447038fdc1ec55e6e18849df2b35a'],
  ['group1-shard5of6', '558428496b6aa51daf17ad2fe062f60e'],
  ['group1-shard6of6', '00d2b3a95275096b189833c8e9ad9095'],
] as const;

const inception = inceptionFiles.map(([name, md5]) => ({
  url: `npm:nsfwjs@4.3.0/dist/models/inception_v3/${name}.min.js`,
  md5,
}));

/** The names of published weights, each with its files. */
const published = { imagenet: [imagenet], 'inception-v3-nsfwjs': inception } as const;
type PublishedName = keyof typeof published;

/**
 * A name with the checksum of its first file: this decides the fingerprint, and stands in a model's
 * `info.json`.
 */
export type PretrainedSetting = `${PublishedName}@md5:${string}`;

export const pretrainedSetting = z
  .enum(['imagenet', 'inception-v3-nsfwjs', 'none'])
  .transform((name): PretrainedSetting | 'none' =>
    name === 'none' ? name : `${name}@md5:${published[name][0]!.md5}`,
  )
  .describe(
    'Published weights: imagenet, of Xception, downloaded once; inception-v3-nsfwjs, a whole network of the optional package nsfwjs (docs/weights.md), in place of `model`.',
  );

export type Pretrained = { readonly pretrained?: PretrainedSetting | 'none' | undefined };

/** Whether a name brings a whole network along, in place of `model`. */
export const isPublishedNetwork = ({ pretrained = 'none' }: Pretrained): boolean =>
  pretrained.startsWith('inception-v3-nsfwjs@');

/** How images of such a network are normalised: from 0 to 1. */
export const publishedRange = { mean: [0, 0, 0], deviation: [1, 1, 1] } as const;

export const publishedWeights = (given: Pretrained): readonly PublishedFile[] => {
  if (isPublishedNetwork(given)) return inception;
  return (given.pretrained ?? 'none') === 'none' ? [] : [imagenet];
};
