import { StageError } from '../../src/stage.ts';
import { thereAre } from '../../src/suggest.ts';
import type { GradcamSettings } from './spec.ts';

type Labels = Readonly<Record<string, string>>;

/**
 * The name of a layer that the settings give for each model, by the values of its labels; undefined where they say nothing of it.
 * Throws a {@link StageError} for a key that is of no model, and for two that are of one.
 */
export function layersOfModels(
  layer: GradcamSettings['layer'],
  models: readonly { readonly labels: Labels }[],
): readonly (string | undefined)[] {
  if (layer === undefined || typeof layer === 'string') return models.map(() => layer);
  const values = [...new Set(models.flatMap(({ labels }) => Object.values(labels)))];
  const unknown = Object.keys(layer).find((key) => !values.includes(key));
  if (unknown !== undefined) {
    const hint = values.length === 0 ? 'It has none: give the layer alone.' : thereAre(unknown, values);
    throw new StageError(
      `Expected an axis value or the stage of a model for the layer "${layer[unknown]}", got "${unknown}". ${hint}`,
    );
  }
  return models.map(({ labels }) => {
    const keys = Object.values(labels).filter((value) => Object.hasOwn(layer, value));
    if (new Set(keys.map((key) => layer[key])).size > 1) {
      throw new StageError(
        `Expected one layer for a model, got those of ${keys.join(' and ')}, which are of the same.`,
      );
    }
    return keys[0] && layer[keys[0]];
  });
}
