import { createHash } from 'node:crypto';
import { StageError } from '../../stage.ts';
import { expectAttention } from '../attribution/attention-maps.ts';
import type { AttributionMap } from '../attribution/attribution-map.ts';
import { findMapLayer } from '../attribution/cam/map-layers.ts';
import { explain } from '../attribution/explain.ts';
import { gradientFree, isCam, type Method } from '../attribution/methods.ts';
import { predictedClasses, softmax } from '../metrics/arithmetic/logits.ts';
import { type ImageInput, resizeOf } from '../models/model-info.ts';
import { expectFinite, type Network, outputOf } from '../models/model-output.ts';
import { OnnxNetwork } from '../models/onnx/onnx-network.ts';
import { rowOf } from '../models/row-of.ts';
import { type DecodedImage, decodeImage, examineImage } from '../vision/decode-image.ts';
import { normalizationTable, pixelsToFloats } from '../vision/pixels-to-floats.ts';
import { completenessGap } from './completeness-gap.ts';
import { expectAll } from './expect-all.ts';
import { chooseClass } from './explained-class.ts';
import type { ExplanationSettings } from './explanation-settings.ts';
import type { ImageModel } from './image-model.ts';
import { expectLargeEnough } from './least-image-size.ts';
import { imageSeed, methodOptions } from './method-options.ts';
import { nativeSquare } from './native-square.ts';

/** An image file of the user's, outside any data set. */
export type Picture = { readonly name: string; readonly bytes: Uint8Array };

/**
 * A question about pictures; `class` is `predicted` or a class's name, `layer` one of those that
 * {@link findMapLayer} takes.
 */
export interface PictureQuestion extends Omit<ExplanationSettings, 'layer'> {
  readonly methods: readonly Method[];
  readonly layer?: string | undefined;
}

/** The scores of a picture, and maps that explain them. */
export interface ExplainedPicture {
  readonly name: string;
  /** The picture as the network sees it. */
  readonly seen: DecodedImage;
  /** By class: before the softmax, and after it. */
  readonly scores: readonly number[];
  readonly probabilities: readonly number[];
  /** The predicted class and the class whose score the maps explain, by index. */
  readonly called: number;
  readonly explained: number;
  /** In the order of the methods. */
  readonly maps: readonly AttributionMap[];
}

/** The answer to a {@link PictureQuestion}. */
export interface ExplainedPictures {
  readonly pictures: readonly ExplainedPicture[];
  readonly layer?: string;
  /** The relative completeness gap of integrated gradients, if they are among the methods. */
  readonly gap?: number;
}

/**
 * Explains pictures, all in one batch. Throws a {@link StageError} with every picture that is
 * unreadable or too small.
 */
export async function explainPictures(
  trained: ImageModel<Network>,
  pictures: readonly Picture[],
  { layer: named, ...settings }: PictureQuestion,
): Promise<ExplainedPictures> {
  const sizes = await sizesOf(pictures, trained.input);
  const { model, info, input } = nativeSquare(trained, sizes).opened;
  const layer = layerOf(model, settings.methods, named);
  const choose = chooseClass(model, info.classes, settings.class, { isLabelled: false });
  const seen = await seeAll(pictures, input);
  const images = floatsOf(seen, input);
  const logits = await outputOf(model, images);
  const scoresOf = (i: number) => rowOf(logits, i, pictures.length);
  for (const [i, { name }] of pictures.entries()) expectFinite(scoresOf(i), name);
  const called = predictedClasses(logits, info.classes.length);
  const classes = await choose(images, new Int32Array(pictures.length));
  // Seeds depend on the content, so that a picture is explained alike under any name.
  const seeds = pictures.map(({ bytes }) =>
    imageSeed(settings.seed, createHash('sha256').update(bytes).digest('hex')),
  );
  const question = { images, classes, score: settings.score, seeds };
  const { maps, completeness } = await explain(
    model,
    question,
    settings.methods,
    methodOptions(settings, input.normalise, layer),
  );
  return {
    pictures: pictures.map(({ name }, i) => ({
      name,
      seen: seen[i]!,
      called: called[i]!,
      explained: classes[i]!,
      scores: [...scoresOf(i)],
      probabilities: softmax(scoresOf(i)),
      maps: maps.map((ofMethod) => ofMethod[i]!),
    })),
    ...(layer !== undefined && { layer }),
    ...(completeness !== undefined && { gap: completenessGap(completeness).relativeGap }),
  };
}

/**
 * The layer of class activation maps. Throws a {@link StageError} where there is none, or an ONNX
 * file lacks what a method needs.
 */
function layerOf(
  model: Network,
  methods: readonly Method[],
  named: string | undefined,
): string | undefined {
  const needsLayer = methods.some(isCam);
  if (!(model instanceof OnnxNetwork)) {
    expectAttention(model, methods);
    return needsLayer || named !== undefined ? findMapLayer(model, named) : undefined;
  }
  const wrong = methods.filter((method) => !gradientFree.includes(method));
  if (wrong.length > 0) {
    throw new StageError(
      `Expected ${gradientFree.join(' or ')}, since an ONNX file has no gradients, got ${wrong.join(', ')}.`,
    );
  }
  if (!needsLayer || named !== undefined) return named;
  throw new StageError(
    'Expected the name of a tensor with feature maps for score-cam of an ONNX file: set the layer.',
  );
}

/** `[pictures, size, size, 3]`, normalised. */
function floatsOf(seen: readonly DecodedImage[], { size, normalise }: ImageInput): Float32Array {
  const images = new Float32Array(seen.length * size * size * 3);
  const table = normalizationTable(normalise);
  for (const [i, { pixels }] of seen.entries())
    pixelsToFloats(pixels, table, images.subarray(i * pixels.length));
  return images;
}

/** The sizes of pictures that can be decoded and are large enough. */
const sizesOf = (pictures: readonly Picture[], input: ImageInput) =>
  expectAll(
    ...pictures.map(({ name, bytes }) => async () => {
      const { width, height } = await examineImage(bytes, 1).catch(({ message }: Error) => {
        throw new StageError(
          `Expected an image, but ${name} cannot be read as one: ${message.split('\n')[0]}`,
        );
      });
      expectLargeEnough([{ name, width, height }], input.size);
      return { path: name, width, height };
    }),
  );

const seeAll = (pictures: readonly Picture[], input: ImageInput): Promise<DecodedImage[]> =>
  Promise.all(pictures.map(({ bytes }) => decodeImage(bytes, resizeOf(input))));
