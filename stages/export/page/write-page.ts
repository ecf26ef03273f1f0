import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import {
  formatBytes,
  formatCount,
  formatCountOf,
  formatEstimate,
  formatList,
  toDigits,
} from '../../../src/format-numbers.ts';
import { fitClassTemperature } from '../../../src/learning/metrics/calibration/temperature.ts';
import { parseMetrics } from '../../../src/learning/metrics/metrics-file.ts';
import { readScoreTable } from '../../../src/learning/metrics/scores/read-split-scores.ts';
import { countParameters } from '../../../src/learning/models/count-parameters.ts';
import { describeInput, describeNetwork } from '../../../src/learning/models/describe-model.ts';
import { noiseFor } from '../../../src/learning/models/export/check-export.ts';
import type { ModelFiles } from '../../../src/learning/models/model-files.ts';
import { type ImageInput, nativeOf, resizeOf } from '../../../src/learning/models/model-info.ts';
import { outputOf } from '../../../src/learning/models/model-output.ts';
import { modelSetting, titleOf } from '../../../src/learning/models/model-setting.ts';
import { selectionSplit, trainSplit } from '../../../src/learning/training/splits.ts';
import { packageRoot } from '../../../src/package-root.ts';
import { type StageContext, StageError } from '../../../src/stage.ts';
import { packNetwork } from './pack-network.ts';
import { type NetworkParts, type PageParts, type PageText, renderPage } from './render-page.ts';
import { runInPage } from './run-in-page.ts';

/**
 * The most that scores may differ from the network's, of the largest or of 1: a probability then
 * changes by less than what the page shows of it.
 */
const tolerance = 0.002;

/** The settings of `export` that the page knows. */
interface PageSettings {
  /** Its heading. */
  readonly title?: string;
}

/**
 * Writes the page of a model, whose layers are in `source`. Throws a {@link StageError} for a model
 * of features, and for layers that do not compute in the page.
 */
export async function writePage(
  context: StageContext<PageSettings>,
  target: string,
  source: string,
  files: ModelFiles,
): Promise<void> {
  const { info } = files;
  if ('values' in info.input) {
    throw new StageError(
      `Expected a model of images for the format page, got one of ${info.input.values} features. A stage load-model with it as "head" makes one model of it and the network of the features.`,
    );
  }
  const { input, classes } = info;
  const parts = await partsOf(context, files, input);
  const { temperature, calibration } = calibrate(context, classes);
  const native = nativeOf(input);
  const facts = {
    classes,
    size: input.size,
    resize: resizeOf(input),
    ...(native !== undefined && { native }),
    normalise: input.normalise,
    temperature,
  };
  const text: PageText = {
    title: context.settings.title ?? headingOf(info),
    calibration,
    about: [
      ['network', describeNetwork(info)],
      ['parameters', formatCount(countParameters(source, info))],
      ['classes', classes.join(', ')],
      ['input', describeInput(input)],
      ...(info.chosenEpoch > 0 ? [['epoch', String(info.chosenEpoch)] as const] : []),
      ...Object.entries(info.versions ?? {}),
    ],
    measured: measuredOf(context),
    training: stringify(info.training).trimEnd(),
  };
  writeFileSync(target, renderPage(text, facts, parts));
  context.info(`model.html has ${formatBytes(statSync(target).size)}.`);
}

/** A network's own name, or what it tells apart. */
function headingOf({ architecture, classes }: ModelFiles['info']): string {
  const setting = modelSetting.safeParse(architecture);
  const name = setting.success ? titleOf(setting.data) : undefined;
  return name ?? `A classifier of ${formatList(classes)}`;
}

/**
 * What the page computes with, checked by two images of noise: kernels of 16 bits where the scores
 * stay the same, else of 32.
 */
async function partsOf(
  context: StageContext<PageSettings>,
  { model }: ModelFiles,
  input: ImageInput,
): Promise<PageParts> {
  const script = (name: string) => readFileSync(pageAsset(name), 'utf8');
  const fixed = {
    networkScript: script('model-network.js'),
    mainScript: script('model-page.js'),
    style: script('model-page.css'),
    wasm: readFileSync(pageAsset('tfjs-backend-wasm-simd.wasm')).toString('base64'),
  };
  const { values: images, shape } = noiseFor(model);
  const wanted = await outputOf(model, images);
  const size = { width: shape[2]!, height: shape[1]! };
  let apart = Number.POSITIVE_INFINITY;
  for (const isHalf of [true, false]) {
    const { network, weights } = await packNetwork(model, { isHalf });
    const parts = {
      ...fixed,
      network: JSON.stringify(network),
      weights: weights.toString('base64'),
    };
    apart = furthestApart(wanted, await scoresIn(parts, images, size));
    const bits = isHalf ? 16 : 32;
    if (apart > tolerance) continue;
    context.info(
      `The page has kernels of ${bits} bits; for noise its scores differ from those of the network by ${toDigits(apart, 2)} of the largest.`,
    );
    return parts;
  }
  throw new StageError(
    `Expected the page to give the scores of the network, but for noise at ${input.size} x ${input.size} they differ by ${toDigits(apart, 2)} of the largest. Leave page out of "formats", and report it with the stage’s model.`,
  );
}

/** The greatest difference of scores, of the largest of them or of 1. */
function furthestApart(wanted: Float32Array, scores: readonly number[]): number {
  if (!wanted.every(Number.isFinite)) return 0; // a network that has broken down is shown as it is
  const largest = Math.max(1, ...wanted.map(Math.abs));
  return Math.max(...wanted.map((value, i) => Math.abs(value - scores[i]!))) / largest;
}

/** Throws a {@link StageError} where an operation of the network has no form in WebAssembly. */
async function scoresIn(
  parts: NetworkParts,
  images: Float32Array,
  size: { readonly width: number; readonly height: number },
) {
  try {
    return await runInPage(parts, images, size);
  } catch (error) {
    throw new StageError(
      `Expected a network that computes in a page, but this one does not: ${(error as Error).message} Named networks have a page, and those of files whose operations tfjs has in WebAssembly. Leave page out of "formats"; onnx runs in a browser by onnxruntime-web.`,
      { cause: error },
    );
  }
}

/** A file of `dist/page`, which `npm run build` makes. */
const pageAsset = (name: string): string => join(packageRoot, 'dist/page', name);

/** The temperature of the scores of val, and what the page says of its probabilities. */
function calibrate(
  { inputs }: StageContext<PageSettings>,
  classes: readonly string[],
): { readonly temperature: number; readonly calibration: string } {
  const [file] = inputs('scores');
  if (file === undefined) {
    const calibration =
      'These probabilities are not calibrated: networks tend to be surer than they are right.';
    return { temperature: 1, calibration };
  }
  const table = readScoreTable(file.path, 'Input "scores"');
  if (table.classes.join() !== classes.join()) {
    throw new StageError(
      `Expected scores of the classes of the model, ${classes.join(', ')}, got those of ${table.classes.join(', ')}.`,
    );
  }
  const rows = table.rows.filter(
    ({ split, label }) => split === selectionSplit && label >= 0 && label < classes.length,
  );
  if (rows.length === 0) {
    throw new StageError(
      `Expected scores of ${selectionSplit}, to which a temperature is fitted, got none. Evaluate with splits: [${selectionSplit}, test], or leave "scores" out.`,
    );
  }
  const labels = rows.map(({ label }) => label);
  const logits = rows.flatMap(({ scores }) => scores);
  const temperature = fitClassTemperature(labels, logits, classes.length);
  const images = formatCountOf(
    rows.length,
    `image of ${selectionSplit}`,
    `images of ${selectionSplit}`,
  );
  if (temperature > 0 && Number.isFinite(temperature)) {
    return {
      temperature,
      calibration: `Calibrated by temperature ${toDigits(temperature, 3)}, fitted to ${images}.`,
    };
  }
  const why = temperature === 0 ? 'it calls all of them right' : 'it separates nothing there';
  return {
    temperature: 1,
    calibration: `These probabilities are not calibrated: no temperature fits the ${images}, since ${why}.`,
  };
}

/** Metrics that visitors may know, by their key. */
const shown = { accuracy: 'accuracy', auc: 'AUC', f1: 'F1' } as const;

function measuredOf({ inputs }: StageContext<PageSettings>): PageText['measured'] {
  const [file] = inputs('metrics');
  if (file === undefined) return [];
  const metrics = parseMetrics(readFileSync(file.path, 'utf8'));
  if (!metrics.ok) throw new StageError(`Input "metrics", ${file.path}: ${metrics.error}.`);
  const { values, intervals } = metrics.value;
  const splits = [...new Set([...values.keys()].map((name) => name.split('.')[0]!))];
  return splits.flatMap((split) =>
    Object.entries(shown).flatMap(([key, name]) => {
      const estimate = values.get(`${split}.${key}`);
      if (typeof estimate !== 'number' || [trainSplit, selectionSplit].includes(split)) return [];
      const [low, high] = intervals.get(`${split}.${key}`) ?? [Number.NaN, Number.NaN];
      return [[`${name} on ${split}`, formatEstimate({ estimate, low, high })] as const];
    }),
  );
}
