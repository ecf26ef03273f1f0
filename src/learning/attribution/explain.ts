import type { LayersModel } from '@tensorflow/tfjs';
import { type Network, outputOf } from '../models/model-output.ts';
import { attentionMaps } from './attention-maps.ts';
import { type AttributionMap, channelMaximum } from './attribution-map.ts';
import {
  eigenCam,
  gradCam,
  gradCamPlusPlus,
  hiresCam,
  layerCam,
  randomCam,
  xgradCam,
} from './cam/cam-methods.ts';
import { type LayerView, viewLayer } from './cam/layer-view.ts';
import { scoreCam } from './cam/score-cam.ts';
import type { Completeness, NoiseOptions } from './gradients.ts';
import {
  guidedGradient,
  inputGradient,
  inputTimesGradient,
  integratedGradient,
  smoothGradient,
} from './gradients.ts';
import { type CamMethod, type GradientMethod, isAttention, isCam, type Method } from './methods.ts';
import { occlusionMaps } from './occlusion.ts';
import { type Question, questionOf } from './questions/question.ts';

/** Options of the methods. */
export interface ExplainOptions extends NoiseOptions {
  /**
   * Points on the path of integrated gradients, and the normalised colour at which it starts: red,
   * green, blue.
   */
  readonly steps: number;
  readonly baseline: readonly [number, number, number];
  /** The layer of class activation maps, which need one. */
  readonly layer?: string | undefined;
  /** Images of one forward pass of Score-CAM, which masks one image many times. */
  readonly batchSize: number;
}

/** The scores of a batch of images, and maps that explain them. */
export interface Explanation {
  /** `[batch, classes]`. */
  readonly logits: Float32Array;
  /** In the order of the methods, one map for each image. */
  readonly maps: readonly (readonly AttributionMap[])[];
  readonly completeness?: Completeness;
}

/**
 * Maps of the same images by several methods, of an ONNX file only those that are `gradientFree`.
 * Class activation maps share one pass.
 */
export async function explain(
  model: Network,
  question: Question,
  methods: readonly Method[],
  options: ExplainOptions,
): Promise<Explanation> {
  const view = methods.some(isCam) ? await viewLayer(model, options.layer!, question) : undefined;
  let logits = view?.logits;
  let completeness: Completeness | undefined;
  const maps: (readonly AttributionMap[])[] = [];
  for (const method of methods) {
    if (isCam(method)) {
      const ofImages: AttributionMap[] = [];
      for (const [image, imageView] of view!.views.entries()) {
        const request = {
          model,
          question: questionOf(question, image),
          batchSize: options.batchSize,
        };
        ofImages.push({
          height: imageView.height,
          width: imageView.width,
          values: await cams[method](imageView, request),
        });
      }
      maps.push(ofImages);
    } else if (method === 'occlusion') {
      const score = (images: Float32Array) => outputOf(model, images);
      maps.push(await occlusionMaps(score, question, options.batchSize));
    } else if (isAttention(method)) {
      const explained = await attentionMaps(model as LayersModel, question, method);
      logits ??= explained.logits;
      maps.push(explained.maps);
    } else {
      const layers = model as LayersModel;
      const explained = await gradients[method](layers, question, options);
      logits ??= explained.logits;
      completeness ??= explained.completeness;
      maps.push(imageMaps(layers, channelMaximum(explained.gradient)));
    }
  }
  logits ??= await outputOf(model, question.images);
  return { logits, maps, ...(completeness !== undefined && { completeness }) };
}

/**
 * The result of a gradient method: an attribution by channel, `[batch, height, width, 3]`, and
 * by-products.
 */
interface GradientAttribution {
  readonly gradient: Float32Array;
  /** `[batch, classes]`. */
  readonly logits?: Float32Array;
  readonly completeness?: Completeness;
}

type Attribute = (
  model: LayersModel,
  question: Question,
  options: ExplainOptions,
) => Promise<GradientAttribution>;

const smooth =
  (of: Parameters<typeof smoothGradient>[3]): Attribute =>
  async (...given) => ({ gradient: await smoothGradient(...given, of) });

const gradients: Readonly<Record<GradientMethod, Attribute>> = {
  gradient: inputGradient,
  'input-x-gradient': async (model, question) => ({
    gradient: await inputTimesGradient(model, question),
  }),
  'smooth-grad': smooth('mean'),
  'smooth-grad-squared': smooth('mean-of-squares'),
  'var-grad': smooth('variance'),
  'integrated-gradients': async (model, question, { steps, baseline: colour }) => {
    const baseline = Float32Array.from(question.images, (_, i) => colour[i % 3]!);
    const { attribution, ...completeness } = await integratedGradient(model, question, {
      baseline,
      steps,
    });
    return { gradient: attribution, completeness };
  },
  'guided-backprop': async (model, question) => ({
    gradient: await guidedGradient(model, question),
  }),
};

function imageMaps(model: LayersModel, maps: Float32Array): readonly AttributionMap[] {
  const [, height, width] = model.inputs[0]!.shape as [number, number, number];
  const size = height * width;
  const mapOf = (i: number) => ({ height, width, values: maps.subarray(i * size, (i + 1) * size) });
  return Array.from({ length: maps.length / size }, (_, i) => mapOf(i));
}

/** A class activation map of a view, by the question about its image. */
type MapOf = (
  view: LayerView,
  request: { readonly model: Network; readonly question: Question; readonly batchSize: number },
) => Float32Array | Promise<Float32Array>;

const cams: Readonly<Record<CamMethod, MapOf>> = {
  'grad-cam': gradCam,
  'grad-cam++': gradCamPlusPlus,
  'hires-cam': hiresCam,
  'xgrad-cam': xgradCam,
  'layer-cam': layerCam,
  'eigen-cam': eigenCam,
  'score-cam': (view, { model, question, batchSize }) => scoreCam(model, view, question, batchSize),
  'random-cam': (view, { question }) => randomCam(view, question.seeds[0]!),
};
