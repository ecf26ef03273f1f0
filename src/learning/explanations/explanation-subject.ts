import { formatFew } from '../../format-numbers.ts';
import { type StageContext, StageError } from '../../stage.ts';
import type { Question, ScoreKind } from '../attribution/questions/question.ts';
import { type ModelInfo, resizeOf } from '../models/model-info.ts';
import { modelInput } from '../models/model-inputs.ts';
import { labelling, openClasses, type Target } from '../training/open-labelled-data.ts';
import { BatchLoader } from '../vision/batches/batch-loader.ts';
import type { Sample } from '../vision/dataset/dataset.ts';
import type { Dataset } from '../vision/dataset/open-dataset.ts';
import type { DecodedImage } from '../vision/decode-image.ts';
import { floatsToPixels } from '../vision/pixels-to-floats.ts';
import { type ChooseClass, chooseClass } from './explained-class.ts';
import { type ImageModel, openImageModel } from './image-model.ts';
import { expectLargeEnough } from './least-image-size.ts';
import { imageSeed } from './method-options.ts';
import { nativeSquare } from './native-square.ts';

/** A model, and the images of a split that it is asked about. */
export interface Subject extends ImageModel {
  /** The classes of the model, in label order. */
  readonly classes: readonly string[];
  /** What of the images is not explained, for the user; absent where nothing is cut. */
  readonly cut?: string;
  /** Images of the split; the label is -1 where the model does not know the class. */
  readonly samples: readonly Sample[];
  /**
   * Batches of the images `indices`, by default of all. Throws a {@link StageError} at once if
   * there is no such class.
   */
  ask(how: AskOptions): AsyncIterable<QuestionBatch>;
}

/** What images are asked about, and in which batches. */
export interface QuestionSettings {
  /** `label`, `predicted`, or a class's name. */
  readonly class: string;
  readonly score: ScoreKind;
  readonly seed: number;
  readonly batchSize: number;
}

/** The question, and the images that it is about. */
export interface AskOptions extends QuestionSettings {
  readonly indices?: Uint32Array;
}

/**
 * A question about a batch of images, with their facts; valid until the next batch is requested.
 */
export interface QuestionBatch {
  readonly question: Question;
  /** Indices in the split's samples: `[batch]`. */
  readonly indices: Uint32Array;
  /** `[batch]`. */
  readonly labels: Int32Array;
  /** An image of the batch as the network sees it. */
  pixels(slot: number): DecodedImage;
}

/**
 * Opens the subject of a stage: its model or ONNX file, its data set, and the split of its
 * settings. Throws as {@link openSubject} does.
 */
export const subjectOfStage = (
  context: StageContext<{ readonly split: string }>,
): Promise<Subject> =>
  openSubject(
    { model: modelInput(context).path, dataset: context.input('dataset').path },
    context.settings.split,
    context.cpus,
  );

/**
 * Opens a model and a split of a data set. Throws a {@link StageError} if they do not fit, or
 * images are too small.
 */
export async function openSubject(
  folders: { readonly model: string; readonly dataset: string },
  split: string,
  threads: number,
): Promise<Subject> {
  const trained = await openImageModel(folders.model);
  using dataset = openClasses(folders.dataset, [split]);
  const { classes, samples } = labelledFor(trained.info, dataset, split);
  const { opened, cut } = nativeSquare(trained, samples);
  if (opened.model !== trained.model) trained.model.dispose();
  const { size, normalise } = opened.input;
  expectLargeEnough(
    samples.map(({ path, ...size }) => ({ name: path, ...size })),
    size,
  );
  const resize = resizeOf(opened.input);
  // One pass, so no image is kept.
  const loading = { resize, normalization: normalise, threads, cacheBytes: 0 };
  const length = size * size * 3;
  async function* questions(
    { indices: order, score, seed, batchSize }: AskOptions,
    choose: ChooseClass,
  ) {
    await using loader = new BatchLoader(folders.dataset, split, { batchSize, ...loading });
    for await (const batch of loader.epoch(order === undefined ? {} : { order })) {
      const { images, indices } = batch;
      const labels = Int32Array.from(indices, (index) => samples[index]!.label);
      const seeds = Array.from(indices, (index) => imageSeed(seed, samples[index]!.key));
      const pixels = (slot: number) => ({
        width: size,
        height: size,
        pixels: floatsToPixels(images.subarray(slot * length, (slot + 1) * length), normalise),
      });
      yield {
        question: { images, classes: await choose(images, labels), score, seeds },
        indices,
        labels,
        pixels,
      };
      batch.release();
    }
  }
  return {
    ...opened,
    classes,
    samples,
    ...(cut !== undefined && { cut }),
    ask: (how) => questions(how, chooseClass(opened.model, classes, how.class)),
  };
}

/**
 * The images of a split by what the model learned: classes, which may have other names if they are
 * two, or sources.
 */
function labelledFor({ classes: known, training }: ModelInfo, dataset: Dataset, split: string) {
  const { samples } = dataset.split(split);
  const target = (training['target'] ?? 'class') as Target;
  if (target === 'class' && known.length === 2 && dataset.classes.length === 2) {
    return { classes: dataset.classes, samples };
  }
  const labelOf = labelling(known, target);
  const labelled = samples.map((sample) => ({ ...sample, label: labelOf(sample) }));
  if (labelled.some(({ label }) => label !== -1)) return { classes: known, samples: labelled };
  const given = [...new Set(samples.map((sample) => sample[target]))];
  throw new StageError(
    `Expected images that the model knows (${formatFew(known, 10)}) in ${split}, got ${formatFew(given, 10)}.`,
  );
}
