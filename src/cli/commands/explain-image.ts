import { existsSync, readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { findRoot } from '../../engine/config/loading/pipeline-files.ts';
import type { Diagnostic } from '../../engine/diagnostics/diagnostic.ts';
import { formatShare } from '../../format-numbers.ts';
import { isCam, type Method } from '../../learning/attribution/methods.ts';
import type { ScoreKind } from '../../learning/attribution/questions/question.ts';
import { largeGap } from '../../learning/explanations/completeness-gap.ts';
import type { ExplainedPictures, Picture } from '../../learning/explanations/explain-pictures.ts';
import { readModelInfo } from '../../learning/models/model-info.ts';
import type { ColourMap } from '../../learning/vision/colour-map.ts';
import { PipelineError } from '../../project/pipeline-error.ts';
import { formatTable } from '../../reporting/terminal/text.ts';
import { UsageError } from '../../user-error.ts';
import { print, printJson, warnOnStderr, writeUserFile } from '../support/command-error.ts';
import { findTrainedModel } from '../support/find-trained-model.ts';

interface ExplainImageOptions {
  readonly set: readonly string[];
  readonly backend: string;
  readonly method: readonly Method[];
  readonly class: string;
  readonly score: ScoreKind;
  readonly layer?: string;
  readonly colours?: ColourMap;
  /** A file that the user names is replaced; the default one is not. */
  readonly out?: string;
  readonly json?: boolean;
}

const mostPictures = 32;
const usualPicture = 'explained.png';
const usualMethods: readonly Method[] = ['gradient', 'grad-cam'];

export async function explainImageCommand(
  words: readonly string[],
  options: ExplainImageOptions,
): Promise<void> {
  const { out = usualPicture } = options;
  const { folder, title, others: paths } = await findTrainedModel(words, options);
  if (options.out === undefined && existsSync(out)) {
    throw new UsageError(
      `${out} is there already: name another file with --out, or the same one to replace it`,
    );
  }
  const usual: readonly Method[] =
    readModelInfo(folder).onnx === undefined ? usualMethods : ['occlusion'];
  const methods = options.method.length > 0 ? [...new Set(options.method)] : usual;
  const question = { ...options, methods, out };
  const usage = misuse(paths, question);
  if (usage !== undefined) throw new UsageError(usage);
  const mistakes = paths.flatMap(missing);
  if (mistakes.length > 0) throw new PipelineError(mistakes);
  const pictures = paths.map((name): Picture => ({ name, bytes: readFileSync(name) }));
  const { explained, info } = await explainOn(folder, pictures, question);
  const { gap = 0 } = explained;
  const missed = `Integrated gradients miss ${formatShare(gap)} of the rise of the score, on average`;
  if (gap > largeGap) warnOnStderr(`${missed}: more steps would be needed.`);
  const { classes, architecture } = info;
  // The path of a folder may be too long for a title; its architecture says more. A stage keeps its
  // name.
  const called = title === folder && typeof architecture === 'string' ? architecture : title;
  await draw(explained, { ...question, title: called, classes });
  if (options.json === true) printJson(asJson(explained, classes, question));
  else print(`${asText(explained, classes)}\n\nDrew the maps in ${out}`);
}

function misuse(
  paths: readonly string[],
  { out, layer, methods }: ImageQuestion,
): string | undefined {
  if (paths.length === 0) return 'Expected one or more images after the model';
  if (paths.length > mostPictures) {
    return `Expected at most ${mostPictures} images, since they become one picture, got ${paths.length}; the kinds saliency and gradcam explain whole splits`;
  }
  if (!/\.png$/i.test(out)) return `Expected a name that ends in .png for --out, got "${out}"`;
  if (layer !== undefined && !methods.some(isCam)) {
    return `Expected a class activation map, such as grad-cam, among the methods for --layer "${layer}", got ${methods.join(', ')}`;
  }
  const replaced = paths.find((path) => resolve(path) === resolve(out));
  return replaced === undefined
    ? undefined
    : `Expected another name for --out than that of the image ${replaced}`;
}

function missing(path: string): readonly Diagnostic[] {
  if (!existsSync(path)) return [{ code: 'missing-file', message: `There is no image ${path}` }];
  if (statSync(path).isFile()) return [];
  return [
    {
      code: 'no-image',
      message: `Expected an image, got the folder ${path}`,
      hint: `Name images in it: ${path}/*`,
    },
  ];
}

type ImageQuestion = ExplainImageOptions & {
  readonly methods: readonly Method[];
  readonly out: string;
};

async function explainOn(
  folder: string,
  pictures: readonly Picture[],
  { methods, backend, ...imageQuestion }: ImageQuestion,
) {
  const { startBackend } = await import('../../learning/training/start-backend.ts');
  const { usableCores } = await import('../../backend/running/machine-limits.ts');
  const { openImageNetwork } = await import('../../learning/explanations/subject.ts');
  const { explainPictures } = await import('../../learning/explanations/explain-pictures.ts');
  const { explanationDefaults } = await import(
    '../../learning/explanations/explanation-settings.ts'
  );
  const root = findRoot(process.cwd()) ?? process.cwd();
  await startBackend({ backend, cpus: usableCores(), root, warn: warnOnStderr, note: () => {} });
  const opened = await openImageNetwork(folder, usableCores());
  const question = {
    ...explanationDefaults(),
    methods,
    class: imageQuestion.class,
    score: imageQuestion.score,
    layer: imageQuestion.layer,
  };
  return { explained: await explainPictures(opened, pictures, question), info: opened.info };
}

async function draw(
  explained: ExplainedPictures,
  {
    out,
    ...options
  }: ImageQuestion & { readonly title: string; readonly classes: readonly string[] },
): Promise<void> {
  const { pictureSheet } = await import('../../learning/explanations/picture-sheet.ts');
  const { renderChartPng } = await import('../../learning/charts/render-chart.ts');
  const png = await renderChartPng(await pictureSheet(explained, options), warnOnStderr);
  writeUserFile(out, png);
}

function asText({ pictures }: ExplainedPictures, classes: readonly string[]): string {
  const columns = [
    'image',
    'called',
    ...classes.map((name) => `P(${name})`),
    ...classes.map((name) => `score of ${name}`),
  ];
  const rows = pictures.map(({ name, called, probabilities, scores }) => [
    name,
    classes[called]!,
    ...probabilities.map((probability) => probability.toFixed(4)),
    ...scores.map((score) => score.toFixed(3)),
  ]);
  return formatTable(columns, rows).join('\n');
}

/**
 * Values are by class, in label order. Maps are left out: the kinds saliency and gradcam write them
 * raw.
 */
function asJson(
  { pictures, layer }: ExplainedPictures,
  classes: readonly string[],
  { methods, out }: ImageQuestion,
) {
  const byClass = (values: readonly number[]) =>
    Object.fromEntries(classes.map((name, i) => [name, values[i]!]));
  const images = pictures.map(({ name, called, explained, scores, probabilities }) => ({
    image: name,
    called: classes[called],
    explained: classes[explained],
    scores: byClass(scores),
    probabilities: byClass(probabilities),
  }));
  return { images, methods, ...(layer !== undefined && { layer }), picture: out };
}
