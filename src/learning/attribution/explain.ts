import type { LayersModel } from '@tensorflow/tfjs';
import type { AttributionMap } from './attribution-map.ts';
import { eigenCam } from './cam/eigen-cam.ts';
import { gradCam } from './cam/grad-cam.ts';
import { gradCamPlusPlus } from './cam/grad-cam-plus-plus.ts';
import { hiresCam } from './cam/hires-cam.ts';
import { layerCam } from './cam/layer-cam.ts';
import { type LayerView, viewLayer } from './cam/layer-view.ts';
import { randomCam } from './cam/random-cam.ts';
import { scoreCam } from './cam/score-cam.ts';
import { xgradCam } from './cam/xgrad-cam.ts';
import { channelMaximum } from './channel-maximum.ts';
import { gradientMap } from './gradients/gradient-map.ts';
import { guidedGradient } from './gradients/guided-gradient.ts';
import { inputTimesGradient } from './gradients/input-times-gradient.ts';
import { integratedGradient } from './gradients/integrated-gradient.ts';
import { type NoiseOptions, smoothGradient } from './gradients/smooth-gradient.ts';
import { logitsOf } from './logits-of.ts';
import { type CamMethod, type GradientMethod, isCam, type Method } from './methods.ts';
import type { Question } from './question.ts';

/** What methods need to know, by their family; only of those that are asked for. */
export interface ExplainOptions {
  readonly gradients?: GradientOptions;
  readonly cams?: CamOptions;
}

/** What gradients by the image need beyond the plain one. */
export interface GradientOptions extends NoiseOptions {
  /** Points on the paths of integrated gradients. */
  readonly steps: number;
  /** The colour that these paths begin with, normalised: red, green, blue. */
  readonly baseline: readonly [number, number, number];
}

/** What class activation maps need. */
export interface CamOptions {
  /** The convolution that they are taken from, as `findConvolution` gives it. */
  readonly layer: string;
  /** Images of one forward pass, for Score-CAM, which makes many of one. */
  readonly batchSize: number;
}

/** Why images have their scores. */
export interface Explanation {
  /** `[batch, 2]`. */
  readonly logits: Float32Array;
  /** In the order of the methods, for each the map of every image. */
  readonly maps: readonly (readonly AttributionMap[])[];
  /** Of integrated gradients, where they are among the methods: both `[batch]`. */
  readonly completeness?: Completeness;
}

/** What the attributions of an image should sum to, and the sum less that. */
export interface Completeness {
  readonly rises: Float64Array;
  readonly gaps: Float64Array;
}

/**
 * Maps of the same images by several methods. Class activation maps share one pass forward and back. Attributions by channel
 * become one map by their greatest magnitude (`channel-maximum.ts`).
 */
export async function explain(
  model: LayersModel,
  question: Question,
  methods: readonly Method[],
  options: ExplainOptions,
): Promise<Explanation> {
  const view = methods.some(isCam) ? await viewLayer(model, given(options.cams, 'cams').layer, question) : undefined;
  let logits = view?.logits;
  let completeness: Completeness | undefined;
  const maps: (readonly AttributionMap[])[] = [];
  for (const method of methods) {
    if (isCam(method))
      maps.push(await activationMaps(method, view!.views, { model, question, options: options.cams! }));
    else {
      const found = await gradients[method](model, question, given(options.gradients, 'gradients'));
      logits ??= found.logits;
      completeness ??= found.completeness;
      maps.push(imageMaps(model, found.maps));
    }
  }
  logits ??= await logitsOf(model, question.images);
  return { logits, maps, ...(completeness !== undefined && { completeness }) };
}

function given<T>(options: T | undefined, family: keyof ExplainOptions): T {
  if (options === undefined) throw new Error(`Internal error: expected options of ${family}, which are asked for`);
  return options;
}

interface ImageMaps {
  /** `[batch, height, width]`. */
  readonly maps: Float32Array;
  readonly logits?: Float32Array;
  readonly completeness?: Completeness;
}

const gradients: Readonly<
  Record<GradientMethod, (model: LayersModel, question: Question, options: GradientOptions) => Promise<ImageMaps>>
> = {
  gradient: async (model, question) => {
    const { map, logits } = await gradientMap(model, question);
    return { maps: map, logits };
  },
  'input-x-gradient': async (model, question) => ({ maps: channelMaximum(await inputTimesGradient(model, question)) }),
  'smooth-grad': async (...given) => ({ maps: channelMaximum(await smoothGradient(...given, 'mean')) }),
  'smooth-grad-squared': async (...given) => ({
    maps: channelMaximum(await smoothGradient(...given, 'mean-of-squares')),
  }),
  'var-grad': async (...given) => ({ maps: channelMaximum(await smoothGradient(...given, 'variance')) }),
  'integrated-gradients': async (model, question, { steps, baseline: colour }) => {
    const baseline = new Float32Array(question.images.length);
    for (let i = 0; i < baseline.length; i++) baseline[i] = colour[i % 3]!;
    const { attribution, rises, gaps } = await integratedGradient(model, question, { baseline, steps });
    return { maps: channelMaximum(attribution), completeness: { rises, gaps } };
  },
  'guided-backprop': async (model, question) => ({ maps: channelMaximum(await guidedGradient(model, question)) }),
};

function imageMaps(model: LayersModel, maps: Float32Array): readonly AttributionMap[] {
  const [, height, width] = model.inputs[0]!.shape as [number, number, number];
  const size = height * width;
  return Array.from({ length: maps.length / size }, (_, i) => ({
    ...{ height, width },
    values: maps.subarray(i * size, (i + 1) * size),
  }));
}

interface Asked {
  readonly model: LayersModel;
  readonly question: Question;
  readonly options: CamOptions;
}

async function activationMaps(
  method: CamMethod,
  views: readonly LayerView[],
  asked: Asked,
): Promise<readonly AttributionMap[]> {
  const maps: AttributionMap[] = [];
  for (const [image, view] of views.entries()) {
    const { height, width } = view;
    maps.push({ height, width, values: await cams[method](view, image, asked) });
  }
  return maps;
}

const cams: Readonly<
  Record<CamMethod, (view: LayerView, image: number, asked: Asked) => Float32Array | Promise<Float32Array>>
> = {
  'grad-cam': gradCam,
  'grad-cam++': gradCamPlusPlus,
  'hires-cam': hiresCam,
  'xgrad-cam': xgradCam,
  'layer-cam': layerCam,
  'eigen-cam': eigenCam,
  'score-cam': (view, image, { model, question, options }) =>
    scoreCam(model, view, questionOf(question, image), options.batchSize),
  'random-cam': (view, image, { question }) => randomCam(view, question.seeds[image]!),
};

/** Of one of the images. */
function questionOf({ images, classes, score, seeds }: Question, image: number): Question {
  const size = images.length / classes.length;
  return {
    images: images.subarray(image * size, (image + 1) * size),
    classes: classes.subarray(image, image + 1),
    score,
    seeds: [seeds[image]!],
  };
}
