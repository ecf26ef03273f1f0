import type { Question, ScoreKind } from '../attribution/question.ts';
import { openTwoClasses } from '../training/open-two-classes.ts';
import { BatchLoader } from '../vision/batches/batch-loader.ts';
import type { Sample } from '../vision/dataset/dataset.ts';
import type { DecodedImage } from '../vision/decode-image.ts';
import { floatsToPixels } from '../vision/floats-to-pixels.ts';
import { type ChooseClass, chooseClass } from './choose-class.ts';
import { expectLargeEnough } from './expect-large-enough.ts';
import { imageSeed } from './image-seed.ts';
import { openSeeingModel, type SeeingModel } from './seeing-model.ts';

/** A model, and the images of a split that it is asked about. */
export interface Subject extends SeeingModel {
  /** Of the data set, in label order. */
  readonly classes: readonly string[];
  readonly samples: readonly Sample[];
  /** Questions about the images, batch by batch: all in the order of the split, or those of `indices` in their order. */
  ask(how: How): AsyncIterable<Asked>;
}

/** What is asked about images. */
export interface How {
  readonly indices?: Uint32Array;
  /** `label`, `predicted`, or a class's name. */
  readonly class: string;
  readonly score: ScoreKind;
  readonly seed: number;
  readonly batchSize: number;
}

/** A question about a batch of images, and what is known of them; it holds until the next is asked for. */
export interface Asked {
  readonly question: Question;
  /** In the split's samples: `[batch]`. */
  readonly indices: Uint32Array;
  /** `[batch]`. */
  readonly labels: Int32Array;
  /** An image of the batch as the network sees it. */
  pixels(slot: number): DecodedImage;
}

/**
 * A model and a split of a data set, both by their artifacts' folders. Throws a {@link StageError} when they do not fit, or
 * images are too small to say where.
 */
export async function openSubject(
  { model: modelFolder, dataset: datasetFolder }: { readonly model: string; readonly dataset: string },
  split: string,
  threads: number,
): Promise<Subject> {
  const seeing = await openSeeingModel(modelFolder);
  using dataset = openTwoClasses(datasetFolder, [split]);
  const { samples } = dataset.split(split);
  expectLargeEnough(
    samples.map(({ path, ...size }) => ({ name: path, ...size })),
    seeing.input,
  );
  const subject = { ...seeing, classes: dataset.classes, samples };
  return { ...subject, ask: (how) => ask(subject, { folder: datasetFolder, split, threads }, how) };
}

interface Images {
  /** Of the `dataset` artifact. */
  readonly folder: string;
  readonly split: string;
  readonly threads: number;
}

/** Throws at once, not with the first batch, where there is no such class. */
function ask(subject: Omit<Subject, 'ask'>, images: Images, how: How): AsyncIterable<Asked> {
  return questions(subject, images, how, chooseClass(subject.model, subject.classes, how.class));
}

async function* questions(
  { input, samples }: Omit<Subject, 'ask'>,
  { folder, split, threads }: Images,
  { indices: order, score, seed, batchSize }: How,
  choose: ChooseClass,
): AsyncGenerator<Asked> {
  const { size, fit, kernel, normalise } = input;
  await using loader = new BatchLoader(folder, split, {
    batchSize,
    resize: { width: size, height: size, fit, kernel },
    normalization: normalise,
    threads,
    cacheBytes: 0, // One pass, so no image is kept.
  });
  const length = size * size * 3;
  for await (const batch of loader.epoch(order === undefined ? {} : { order })) {
    const { images, indices, labels } = batch;
    const seeds = Array.from(indices, (index) => imageSeed(seed, samples[index]!.key));
    const pixels = (slot: number) => ({
      ...{ width: size, height: size },
      pixels: floatsToPixels(images.subarray(slot * length, (slot + 1) * length), normalise),
    });
    yield { question: { images, classes: await choose(images, labels), score, seeds }, indices, labels, pixels };
    batch.release();
  }
}
