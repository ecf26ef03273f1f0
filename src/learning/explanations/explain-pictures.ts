import { createHash } from 'node:crypto';
import { StageError } from '../../stage.ts';
import { suggest } from '../../suggest.ts';
import type { AttributionMap } from '../attribution/attribution-map.ts';
import { explain } from '../attribution/explain.ts';
import { logitsOf } from '../attribution/logits-of.ts';
import { isCam, type Method } from '../attribution/methods.ts';
import type { ScoreKind } from '../attribution/question.ts';
import { relativeGap } from '../attribution/relative-gap.ts';
import { predictedClasses } from '../metrics/logits.ts';
import { type DecodedImage, decodeImage, examineImage } from '../vision/decode-image.ts';
import { normalizationTable, pixelsToFloats, unmoved } from '../vision/pixels-to-floats.ts';
import { expectFinite } from './expect-finite.ts';
import { expectLargeEnough } from './expect-large-enough.ts';
import { imageSeed } from './image-seed.ts';
import { pathStart } from './path-start.ts';
import { layerOf, type SeeingModel } from './seeing-model.ts';

/** A picture of anyone's: its name, and the bytes of its file. */
export interface Picture {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** What is asked about pictures. */
export interface PictureQuestion {
  readonly methods: readonly Method[];
  /** `predicted`, or a class's name. */
  readonly class: string;
  readonly score: ScoreKind;
  /** The convolution of class activation maps; the last when left out. */
  readonly layer?: string | undefined;
  readonly samples: number;
  readonly noise: number;
  readonly steps: number;
  readonly baseline: 'black' | 'mean';
  readonly batchSize: number;
  readonly seed: number;
}

/** What a model says of a picture, and where it has that from. */
export interface ExplainedPicture {
  readonly name: string;
  /** As the network sees it. */
  readonly seen: DecodedImage;
  /** Before the softmax, and by it: real, fake. */
  readonly scores: readonly [number, number];
  readonly probabilities: readonly [number, number];
  /** Classes, 0 or 1: the one of the higher score, and the one whose score the maps explain. */
  readonly called: number;
  readonly explained: number;
  /** In the order of the methods. */
  readonly maps: readonly AttributionMap[];
}

export interface ExplainedPictures {
  readonly pictures: readonly ExplainedPicture[];
  /** The convolution of the class activation maps, where there are any. */
  readonly layer?: string;
  /** Of integrated gradients, where they are asked for: what they miss of the rise of the score, on average, as a share of it. */
  readonly gap?: number;
}

/**
 * Explains pictures, all in one batch. Throws a {@link StageError} for a class or a layer that is not there and with every picture
 * that cannot be read or is too small.
 */
export async function explainPictures(
  { model, info, input }: SeeingModel,
  pictures: readonly Picture[],
  { layer: named, ...asked }: PictureQuestion,
): Promise<ExplainedPictures> {
  const layer = asked.methods.some(isCam) || named !== undefined ? layerOf({ model }, named) : undefined;
  const wanted = asked.class === 'predicted' ? undefined : classOf(asked.class, info.classes);
  const seen = await seeAll(pictures, input);
  const length = input.size * input.size * 3;
  const images = new Float32Array(seen.length * length);
  const table = normalizationTable(input.normalise);
  for (const [i, image] of seen.entries()) {
    pixelsToFloats(image.pixels, image, unmoved, table, images.subarray(i * length, (i + 1) * length));
  }
  const logits = await logitsOf(model, images);
  for (const [i, { name }] of pictures.entries()) expectFinite([logits[2 * i]!, logits[2 * i + 1]!], name);
  const called = Int32Array.from(predictedClasses(logits));
  const classes = wanted === undefined ? called : called.map(() => wanted);
  const question = {
    images,
    classes,
    score: asked.score,
    seeds: pictures.map(({ bytes }) => imageSeed(asked.seed, contentOf(bytes))),
  };
  const baseline = pathStart(asked.baseline, input.normalise);
  const options = {
    gradients: { ...asked, baseline },
    ...(layer !== undefined && { cams: { layer, batchSize: asked.batchSize } }),
  };
  const { maps, completeness } = await explain(model, question, asked.methods, options);
  const explained = pictures.map(({ name }, i) => {
    const scores = [logits[2 * i]!, logits[2 * i + 1]!] as const;
    const fake = 1 / (1 + Math.exp(scores[0] - scores[1]));
    return {
      ...{ name, seen: seen[i]!, scores, probabilities: [1 / (1 + Math.exp(scores[1] - scores[0])), fake] as const },
      ...{ called: called[i]!, explained: classes[i]!, maps: maps.map((ofMethod) => ofMethod[i]!) },
    };
  });
  return {
    pictures: explained,
    ...(layer !== undefined && { layer }),
    ...(completeness !== undefined && { gap: relativeGap(completeness) }),
  };
}

/** A picture is explained alike whatever it is called. */
const contentOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

function classOf(name: string, classes: readonly string[]): number {
  const index = classes.indexOf(name);
  if (index >= 0) return index;
  const hint = suggest(name, [...classes, 'predicted']) ?? '';
  throw new StageError(
    `Expected a class of the model (${classes.join(', ')}), or predicted, got "${name}". ${hint}`.trim(),
  );
}

async function seeAll(pictures: readonly Picture[], input: SeeingModel['input']): Promise<readonly DecodedImage[]> {
  const { size, fit, kernel } = input;
  const seen = await Promise.allSettled(
    pictures.map(async ({ name, bytes }) => {
      const { width, height } = await examineImage(bytes, 1).catch((error: Error) => {
        throw new StageError(`Expected an image, but ${name} cannot be read as one: ${firstLine(error.message)}`);
      });
      expectLargeEnough([{ name, width, height }], input);
      return decodeImage(bytes, { width: size, height: size, fit, kernel });
    }),
  );
  const faults = seen.flatMap((one) => (one.status === 'rejected' ? [one.reason as Error] : []));
  if (faults.length === 0) return seen.map((one) => (one as PromiseFulfilledResult<DecodedImage>).value);
  const bug = faults.find((fault) => !(fault instanceof StageError));
  throw bug ?? new StageError(faults.map(({ message }) => message).join('\n'));
}

const firstLine = (message: string): string => message.split('\n')[0]!;
