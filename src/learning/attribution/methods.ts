/**
 * Settings that only some methods use. Specs give them no default, so that one that no chosen
 * method uses is reported.
 */
export const methodDefaults = { samples: 50, noise: 0.15, steps: 50, baseline: 'black' } as const;
export type MethodSetting = keyof typeof methodDefaults;

/** These settings as they are given; {@link methodDefaults} fill in what is absent. */
export interface MethodSettings {
  /** Noisy copies of each image. */
  readonly samples?: number;
  /** Standard deviation of the noise, as a share of the image's range of values. */
  readonly noise?: number;
  /** Points on the path from the baseline to the image. */
  readonly steps?: number;
  readonly baseline?: 'black' | 'mean';
}

/** The facts about a method besides its computation. */
interface MethodFacts {
  readonly title: string;
  readonly settings?: readonly MethodSetting[];
  /** Its map is the same whichever class is asked about: it shows what a layer responds to. */
  readonly isClassless?: true;
  /** Cost of one image's map in forward passes, for estimates of time. */
  readonly passes: (effort: Effort) => number;
}

interface Effort {
  readonly samples: number;
  readonly steps: number;
  /** Channels of the layer that class activation maps are taken from. */
  readonly channels: number;
}

/** A backward pass costs about two forward passes. */
const thereAndBack = 3;

const smoothing = {
  settings: ['samples', 'noise'],
  passes: ({ samples }: Effort) => samples * thereAndBack,
} as const;
const onePass = { passes: () => thereAndBack };
/** Class activation maps of one layer share a pass, which is counted for the control. */
const sharedPass = { passes: () => 0 };

const gradientFacts = {
  gradient: { title: 'Gradient', ...onePass },
  'input-x-gradient': { title: 'Input × gradient', ...onePass },
  'smooth-grad': { title: 'SmoothGrad', ...smoothing },
  'smooth-grad-squared': { title: 'SmoothGrad²', ...smoothing },
  'var-grad': { title: 'VarGrad', ...smoothing },
  'integrated-gradients': {
    title: 'Integrated gradients',
    settings: ['steps', 'baseline'],
    passes: ({ steps }) => (steps + 2) * thereAndBack,
  },
  'guided-backprop': { title: 'Guided backpropagation', ...onePass },
} as const satisfies Readonly<Record<string, MethodFacts>>;

const camFacts = {
  'grad-cam': { title: 'Grad-CAM', ...sharedPass },
  'grad-cam++': { title: 'Grad-CAM++', ...sharedPass },
  'hires-cam': { title: 'HiResCAM', ...sharedPass },
  'xgrad-cam': { title: 'XGrad-CAM', ...sharedPass },
  'layer-cam': { title: 'LayerCAM', ...sharedPass },
  'eigen-cam': { title: 'Eigen-CAM', isClassless: true, ...sharedPass },
  'score-cam': { title: 'Score-CAM', passes: ({ channels }) => channels },
  'random-cam': { title: 'RandomCAM', isClassless: true, ...onePass },
} as const satisfies Readonly<Record<string, MethodFacts>>;

/** Methods that take the weights of attention. */
const attentionFacts = {
  'attention-rollout': { title: 'Attention rollout', isClassless: true, passes: () => 1 },
  'gradient-attention': { title: 'Gradient-weighted attention', ...onePass },
} as const satisfies Readonly<Record<string, MethodFacts>>;

/** Methods that only need scores of changed images. */
const scoreFacts = {
  occlusion: { title: 'Occlusion', passes: () => 196 },
} as const satisfies Readonly<Record<string, MethodFacts>>;

/** A method whose map comes from gradients by the image and has its size. */
export type GradientMethod = keyof typeof gradientFacts;
/** A class activation map: a weighted sum of a convolution's feature maps, of their size. */
export type CamMethod = keyof typeof camFacts;
/** A method whose map is what the class token takes from each patch of a transformer. */
export type AttentionMethod = keyof typeof attentionFacts;
export type Method = GradientMethod | CamMethod | AttentionMethod | keyof typeof scoreFacts;

/** The methods of networks without gradients. */
export const gradientFree: readonly Method[] = ['occlusion', 'score-cam'];

export const gradientMethods = Object.keys(gradientFacts) as readonly GradientMethod[];
export const camMethods = Object.keys(camFacts) as readonly CamMethod[];
export const attentionMethods = Object.keys(attentionFacts) as readonly AttentionMethod[];

const facts: Readonly<Record<Method, MethodFacts>> = {
  ...gradientFacts,
  ...camFacts,
  ...attentionFacts,
  ...scoreFacts,
};
export const methods = Object.keys(facts) as readonly Method[];

export const isCam = (method: Method): method is CamMethod => method in camFacts;

export const isAttention = (method: Method): method is AttentionMethod => method in attentionFacts;

export const methodTitle = (method: Method): string => facts[method].title;

/** Whether a method's map depends on the class that it is asked about. */
export const explainsClass = (method: Method): boolean => facts[method].isClassless !== true;

export const methodsWith = (setting: MethodSetting): readonly Method[] =>
  methods.filter((method) => facts[method].settings?.includes(setting));

/** The cost of a map of one image, in forward passes. */
export const passesOf = (method: Method, effort: Effort): number => facts[method].passes(effort);
