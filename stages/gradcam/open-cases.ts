import { nameSeries, tellApart } from '../../src/learning/charts/series.ts';
import { expectAll } from '../../src/learning/explanations/all-mistakes.ts';
import { chooseClass } from '../../src/learning/explanations/choose-class.ts';
import { findMasks, type Masks, openMasks } from '../../src/learning/explanations/open-masks.ts';
import { openSubject, type Subject } from '../../src/learning/explanations/open-subject.ts';
import { layerOf } from '../../src/learning/explanations/seeing-model.ts';
import { matchByLabels } from '../../src/learning/metrics/pair-by-labels.ts';
import { type InputArtifact, type StageContext, StageError } from '../../src/stage.ts';
import { layersOfModels } from './layer-of-model.ts';
import type { GradcamSettings } from './spec.ts';

/** A model with the images that it is asked about. */
export interface Case {
  /** Tells it from the others; empty where it is the only one. */
  readonly name: string;
  /** The folder of the data set: models of one share images. */
  readonly dataset: string;
  readonly subject: Subject;
  /** The convolution that maps are taken from. */
  readonly layer: string;
  readonly masks: Masks | undefined;
}

export interface Cases {
  readonly cases: readonly Case[];
  /** The axis values that all models have. */
  readonly shared: Readonly<Record<string, string>>;
}

/** All that is asked for, so that what cannot be is told before anything is computed. Throws a {@link StageError}. */
export async function openCases(context: StageContext<GradcamSettings>): Promise<Cases> {
  const { settings, cpus } = context;
  const models = context.inputs('models');
  const datasets = matchByLabels(models, context.inputs('datasets'), { one: 'model', other: 'data set' });
  const layers = layersOfModels(settings.layer, models);
  const { names, shared } = nameSeries(models.map(({ labels }) => labels));
  const apart = tellApart(names, 'model');
  const opened: Omit<Case, 'masks'>[] = [];
  for (const [i, { path }] of models.entries()) {
    const name = apart[i]!;
    opened.push(
      await told(name, async () => {
        const subject = await openSubject({ model: path, dataset: datasets[i]!.path }, settings.split, cpus);
        const [, layer] = expectAll(
          () => chooseClass(subject.model, subject.classes, settings.class),
          () => layerOf(subject, layers[i]),
        );
        return { name, dataset: datasets[i]!.path, subject, layer };
      }),
    );
  }
  const masks = masksOf(opened, matchMasks(models, context.inputs('masks')));
  return { cases: opened.map((one, i) => ({ ...one, masks: masks[i] })), shared };
}

/** Says of which model a mistake is. */
async function told<T>(name: string, open: () => Promise<T>): Promise<T> {
  try {
    return await open();
  } catch (error) {
    if (name === '' || !(error instanceof StageError)) throw error;
    throw new StageError(`${name}: ${error.message}`, { cause: error });
  }
}

function matchMasks(models: readonly InputArtifact[], masks: readonly InputArtifact[]): readonly string[] {
  if (masks.length === 0) return [];
  return matchByLabels(models, masks, { one: 'model', other: 'folder of masks' }).map(({ path }) => path);
}

/** Of a model whose images have none, undefined: sets without masks may stand beside others. Where none has, that is a mistake. */
function masksOf(opened: readonly Omit<Case, 'masks'>[], folders: readonly string[]): readonly (Masks | undefined)[] {
  if (folders.length === 0) return [];
  const found = opened.map(({ subject }, i) => findMasks(folders[i]!, subject.samples, subject.input));
  const [{ subject }] = opened as [Omit<Case, 'masks'>];
  return found.every((masks) => masks === undefined) ? [openMasks(folders[0]!, subject.samples, subject.input)] : found;
}
