import { findMapLayer } from '../../src/learning/attribution/cam/map-layers.ts';
import { nameSeries, tellApart } from '../../src/learning/charts/series.ts';
import { expectAll } from '../../src/learning/explanations/expect-all.ts';
import { chooseClass } from '../../src/learning/explanations/explained-class.ts';
import { openSubject } from '../../src/learning/explanations/explanation-subject.ts';
import { openFaceParts } from '../../src/learning/explanations/open-face-parts.ts';
import { openMasks } from '../../src/learning/explanations/open-masks.ts';
import type { SurveyCase } from '../../src/learning/explanations/survey-models.ts';
import { matchByLabels } from '../../src/learning/metrics/pair-by-labels.ts';
import { modelInputs } from '../../src/learning/models/model-inputs.ts';
import { type InputArtifact, type StageContext, StageError } from '../../src/stage.ts';
import { thereAre } from '../../src/suggest.ts';
import type { GradcamSettings } from './spec.ts';

/** A model with the images whose predictions are explained. */
export interface Case extends SurveyCase {
  /** The folder of the data set: models with the same one share images. */
  readonly dataset: string;
  readonly layer: string;
}

/**
 * Opens everything, so that mistakes are reported before anything is computed; `shared` are the
 * axis values that all models have. Throws a {@link StageError}.
 */
export async function openCases(context: StageContext<GradcamSettings>) {
  const { settings, cpus } = context;
  const models = modelInputs(context, 'models');
  const matched = (port: string, artifact: string) =>
    matchByLabels(models, context.inputs(port), { one: 'model', other: artifact }).map(
      ({ path }) => path,
    );
  const datasets = matched('datasets', 'data set');
  const layers = layersOfModels(settings.layer, models);
  const { names, shared } = nameSeries(models.map(({ labels }) => labels));
  const apart = tellApart(names, 'model');
  const opened: Omit<Case, 'masks' | 'faceParts'>[] = [];
  for (const [i, { path }] of models.entries()) {
    const name = apart[i]!;
    const dataset = datasets[i]!;
    const subject = await forModel(name, () =>
      openSubject({ model: path, dataset }, settings.split, cpus),
    );
    const [, layer] = await forModel(name, () =>
      expectAll(
        () => chooseClass(subject.model, subject.classes, settings.class),
        () => findMapLayer(subject.model, layers[i]),
      ),
    );
    opened.push({ name, dataset, subject, layer });
  }
  const optional = (port: string, artifact: string) =>
    context.inputs(port).length === 0 ? [] : matched(port, artifact);
  const subjects = opened.map(({ subject }) => subject);
  const masks = openMasks(subjects, optional('masks', 'folder of masks'));
  const faceParts = openFaceParts(subjects, optional('faces', 'table of faces'), settings.split);
  return {
    cases: opened.map(
      (openedCase, i): Case => ({ ...openedCase, masks: masks[i], faceParts: faceParts[i] }),
    ),
    shared,
  };
}

/** Puts the name of the model before the message of a mistake. */
async function forModel<T>(name: string, open: () => T | Promise<T>): Promise<T> {
  try {
    return await open();
  } catch (error) {
    if (name === '' || !(error instanceof StageError)) throw error;
    throw new StageError(`${name}: ${error.message}`, { cause: error });
  }
}

/**
 * The layer that the settings name for each model, by the values of its labels; undefined for a
 * model that they do not mention. Throws a {@link StageError} for a key of no model, and for two
 * different layers for one.
 */
function layersOfModels(
  layer: GradcamSettings['layer'],
  models: readonly InputArtifact[],
): readonly (string | undefined)[] {
  if (layer === undefined || typeof layer === 'string') return models.map(() => layer);
  const values = [...new Set(models.flatMap(({ labels }) => Object.values(labels)))];
  const unknown = Object.keys(layer).find((key) => !values.includes(key));
  if (unknown !== undefined) {
    const hint =
      values.length === 0 ? 'It has none: give the layer alone.' : thereAre(unknown, values);
    throw new StageError(
      `Expected an axis value or the stage of a model for the layer "${layer[unknown]}", got "${unknown}". ${hint}`,
    );
  }
  return models.map(({ labels }) => {
    const keys = Object.values(labels).filter((value) => Object.hasOwn(layer, value));
    if (new Set(keys.map((key) => layer[key])).size > 1) {
      throw new StageError(
        `Expected one layer for each model, got several for the model of ${keys.join(' and ')}.`,
      );
    }
    return keys[0] && layer[keys[0]];
  });
}
