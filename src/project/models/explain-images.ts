import { existsSync, readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { findRoot } from '../../engine/config/loading/find-pipeline.ts';
import type { Diagnostic } from '../../engine/diagnostics/diagnostic.ts';
import { isCam, type Method } from '../../learning/attribution/methods.ts';
import type { ScoreKind } from '../../learning/attribution/questions/question.ts';
import { largeGap } from '../../learning/explanations/completeness-gap.ts';
import type { ExplainedPictures, Picture } from '../../learning/explanations/explain-pictures.ts';
import type { ColourMap } from '../../learning/vision/colour-map.ts';
import { usableCores } from '../../machine-limits.ts';
import { UsageError } from '../../user-error.ts';
import { refuseSealed } from '../ledger/sealed-pictures.ts';
import { PipelineError } from '../pipeline-error.ts';
import { writeUserFile } from '../write-user-file.ts';
import {
  findTrainedModel,
  infoOfTrained,
  type TrainedModel,
  type TrainedModelLookup,
} from './find-trained-model.ts';

/** What is asked about images. */
export interface ImageQuestion {
  /** Empty: those that suit the model. */
  readonly method: readonly Method[];
  /** The name of a class, or `predicted`. */
  readonly class: string;
  readonly score: ScoreKind;
  /** The layer that class activation maps are taken from. */
  readonly layer?: string;
  readonly colours?: ColourMap;
  /** A picture that the user names is replaced; the default one is not. */
  readonly out?: string;
}

/** Images as a model sees them. */
export interface ImageExplanation {
  /** In label order. */
  readonly classes: readonly string[];
  readonly images: readonly ExplainedImage[];
  readonly methods: readonly Method[];
  /** The layer that class activation maps are taken from. */
  readonly layer?: string;
  /** The file of the maps, as it was named. */
  readonly picture: string;
  /**
   * The share of the score's rise that integrated gradients miss on average, where it is too large;
   * else absent.
   */
  readonly missedShare?: number;
}

/** What a model says of an image. Values are by class, in label order. */
interface ExplainedImage {
  readonly image: string;
  readonly called: string;
  readonly explained: string;
  readonly scores: readonly number[];
  readonly probabilities: readonly number[];
}

const mostPictures = 32;
const usualPicture = 'explained.png';
const usualMethods: readonly Method[] = ['gradient', 'grad-cam'];

/** The question, with what it leaves out. */
interface CompleteQuestion extends ImageQuestion {
  readonly methods: readonly Method[];
  readonly out: string;
}

/**
 * Explains images by a model, and draws the maps as one picture. The words name the model and the
 * images. Throws a `UsageError` or a `PipelineError`.
 */
export async function explainImages(
  words: readonly string[],
  question: ImageQuestion,
  lookup: TrainedModelLookup,
): Promise<ImageExplanation> {
  const { folder: here } = lookup;
  const { out = usualPicture } = question;
  const model = await findTrainedModel(words, lookup);
  if (question.out === undefined && existsSync(resolve(here, out))) {
    throw new UsageError(
      `${out} is there already: name another file with --out, or the same one to replace it`,
    );
  }
  const usual: readonly Method[] =
    (await infoOfTrained(model)).onnx === undefined ? usualMethods : ['occlusion'];
  const methods = question.method.length > 0 ? [...new Set(question.method)] : usual;
  const complete: CompleteQuestion = { ...question, methods, out };
  const paths = model.others;
  const misuse = misuseOf(paths, complete, here);
  if (misuse !== undefined) throw new UsageError(misuse);
  const mistakes = paths.flatMap((path) => missing(path, here));
  if (mistakes.length > 0) throw new PipelineError(mistakes);
  const pictures = paths.map(
    (name): Picture => ({ name, bytes: readFileSync(resolve(here, name)) }),
  );
  const places = [here, model.path, ...paths.map((path) => resolve(here, path))];
  refuseSealed(places, pictures);
  const { explained, classes, architecture } = await explain(
    model.path,
    pictures,
    complete,
    lookup,
  );
  const title = titleOf(model, architecture);
  const png = await draw(explained, { ...complete, title, classes }, lookup.onWarning);
  writeUserFile(here, out, png);
  const { layer, gap = 0 } = explained;
  return {
    classes,
    images: explained.pictures.map(({ name, called, explained, scores, probabilities }) => ({
      image: name,
      called: classes[called]!,
      explained: classes[explained]!,
      scores,
      probabilities,
    })),
    methods,
    ...(layer !== undefined && { layer }),
    picture: out,
    ...(gap > largeGap && { missedShare: gap }),
  };
}

function misuseOf(
  paths: readonly string[],
  { out, layer, methods }: CompleteQuestion,
  here: string,
): string | undefined {
  if (paths.length === 0) return 'Expected one or more images after the model';
  if (paths.length > mostPictures) {
    return `Expected at most ${mostPictures} images, since they become one picture, got ${paths.length}; the kinds saliency and gradcam explain whole splits`;
  }
  if (!/\.png$/i.test(out)) return `Expected a name that ends in .png for --out, got "${out}"`;
  if (layer !== undefined && !methods.some(isCam)) {
    return `Expected a class activation map, such as grad-cam, among the methods for --layer "${layer}", got ${methods.join(', ')}`;
  }
  const replaced = paths.find((path) => resolve(here, path) === resolve(here, out));
  return replaced === undefined
    ? undefined
    : `Expected another name for --out than that of the image ${replaced}`;
}

function missing(path: string, here: string): readonly Diagnostic[] {
  const absolute = resolve(here, path);
  if (!existsSync(absolute))
    return [{ code: 'missing-file', message: `There is no image ${path}` }];
  if (statSync(absolute).isFile()) return [];
  return [
    {
      code: 'no-image',
      message: `Expected an image, got the folder ${path}`,
      hint: `Name images in it: ${path}/*`,
    },
  ];
}

async function explain(
  path: string,
  pictures: readonly Picture[],
  { methods, class: className, score, layer }: CompleteQuestion,
  { folder: here, backend, onWarning }: TrainedModelLookup,
) {
  const { startBackend } = await import('../../learning/training/start-backend.ts');
  const { openImageNetwork } = await import('../../learning/explanations/image-model.ts');
  const { explainPictures } = await import('../../learning/explanations/explain-pictures.ts');
  const { explanationDefaults } = await import(
    '../../learning/explanations/explanation-settings.ts'
  );
  const root = findRoot(here) ?? here;
  await startBackend({ backend, cpus: usableCores(), root, warn: onWarning, note: () => {} });
  const opened = await openImageNetwork(path, usableCores(), methods);
  const question = { ...explanationDefaults(), methods, class: className, score, layer };
  const { classes, architecture } = opened.info;
  return { explained: await explainPictures(opened, pictures, question), classes, architecture };
}

/**
 * The path of a folder may be too long for a title; its architecture says more. A stage keeps its
 * name.
 */
function titleOf({ title, isFolder }: TrainedModel, architecture: unknown): string {
  return isFolder && typeof architecture === 'string' ? architecture : title;
}

async function draw(
  explained: ExplainedPictures,
  options: CompleteQuestion & { readonly title: string; readonly classes: readonly string[] },
  onWarning: (message: string) => void,
): Promise<Buffer> {
  const { pictureSheet } = await import('../../learning/explanations/picture-sheet.ts');
  const { renderChartPng } = await import('../../learning/charts/render-chart.ts');
  return await renderChartPng(await pictureSheet(explained, options), onWarning);
}
