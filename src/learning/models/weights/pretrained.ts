import type { PublishedFile } from '../../../stage.ts';
import type { ArchitectureName } from '../architectures/architectures.ts';

/** Weights that others trained and published, by the names that settings give them; light, since a spec lists them. */
export const pretrainedNames = ['imagenet'] as const;
export type PretrainedName = (typeof pretrainedNames)[number];

interface Pretrained {
  readonly file: PublishedFile;
  /** The networks that they are of, all but their heads. */
  readonly networks: readonly ArchitectureName[];
}

const pretrained: Readonly<Record<PretrainedName, Pretrained>> = {
  // keras.applications.xception, without its classifier.
  imagenet: {
    file: {
      url: 'https://storage.googleapis.com/tensorflow/keras-applications/xception/xception_weights_tf_dim_ordering_tf_kernels_notop.h5',
      md5: 'b0042744bf5b25fce3cb969f33bebb97',
    },
    networks: ['xception', 'xception-based'],
  },
};

/** A name with its checksum, `imagenet@md5:…`: what is keyed, and stands in a model's `info.json`. */
export type PretrainedSetting = `${PretrainedName}@md5:${string}`;

export const withChecksum = (name: PretrainedName): PretrainedSetting => `${name}@md5:${pretrained[name].file.md5}`;

/** The weights that a setting with a checksum names. */
export function pretrainedOf(setting: PretrainedSetting): Pretrained {
  return pretrained[setting.slice(0, setting.indexOf('@')) as PretrainedName];
}
