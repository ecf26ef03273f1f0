import type { Normalization } from '../../vision/pixels-to-floats.ts';
import type { Kernel, ResizeTo } from '../../vision/resize-settings.ts';

/** The sizes through which an image becomes the input of a network. */
export interface PreprocessingSizes {
  /** Pixels a side of the network's input: the middle that is taken of the resized image. */
  readonly crop: number;
  readonly resize: ResizeTo;
}

/** How the images of a published network become its input. */
export interface Preprocessing extends PreprocessingSizes {
  readonly kernel: Kernel;
  readonly normalise: Normalization;
}

export const presetNames = ['torchvision', 'timm', 'keras', 'clip'] as const;
export type PresetName = (typeof presetNames)[number];

const imagenet: Normalization = {
  mean: [0.485, 0.456, 0.406],
  deviation: [0.229, 0.224, 0.225],
};

/** The constants of openai/CLIP, `clip/clip.py`. */
const clip: Normalization = {
  mean: [0.48145466, 0.4578275, 0.40821073],
  deviation: [0.26862954, 0.26130258, 0.27577711],
};

/** The share of the resized image that torchvision's and timm's usual evaluation shows. */
const shownShare = 224 / 256;

const presets: Readonly<Record<PresetName, (crop: number) => Omit<Preprocessing, 'crop'>>> = {
  // `torchvision.transforms._presets.ImageClassification`: 256 before 224, 342 before 299.
  torchvision: (crop) => ({
    resize: Math.round(crop / shownShare),
    kernel: 'linear',
    normalise: imagenet,
  }),
  // `timm.data.transforms_factory.transforms_imagenet_eval` with `timm.data.config`'s defaults.
  timm: (crop) => ({
    resize: Math.floor(crop / shownShare),
    kernel: 'cubic',
    normalise: imagenet,
  }),
  // `keras.utils.load_img(path, target_size=…)` and `preprocess_input` of Xception, Inception,
  // MobileNet and ResNet V2.
  keras: (crop) => ({
    resize: [crop, crop],
    kernel: 'nearest',
    normalise: { mean: [0.5, 0.5, 0.5], deviation: [0.5, 0.5, 0.5] },
  }),
  clip: (crop) => ({ resize: crop, kernel: 'cubic', normalise: clip }),
};

/** The preprocessing of a name, for a network whose input has `crop` pixels a side. */
export const presetOf = (name: PresetName, crop = 224): Preprocessing => ({
  crop,
  ...presets[name](crop),
});
