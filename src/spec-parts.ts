import { z } from 'zod';
import type { ArtifactType, OutputPort } from './stage.ts';

/**
 * Parts of the specs of kinds: settings that many have, and outputs in the usual format of their
 * type.
 */

/** A text that is not empty. */
export const text = z.string().min(1);

/** A number of things, at least 1. */
export const count = z.int().positive();

/** A whole number from `least` to `most`. */
export const whole = (least: number, most = Number.MAX_SAFE_INTEGER) =>
  z.int().min(least).max(most);

/** Something that is done only on request. */
export const flag = z.boolean().default(false);

const outputOf =
  (type: ArtifactType, extension?: OutputPort['extension']) =>
  (summary: string, when?: OutputPort['when']): OutputPort => ({
    type,
    summary,
    ...(extension && { extension }),
    ...(when !== undefined && { when }),
  });

/** Outputs by type, in the format that readers expect; `when` is {@link OutputPort.when}. */
export const output = {
  chart: outputOf('chart'),
  metrics: outputOf('metrics', '.json'),
  table: outputOf('table', '.csv'),
  scores: outputOf('scores', '.csv'),
  history: outputOf('history', '.json'),
  model: outputOf('model'),
  images: outputOf('images'),
  files: outputOf('files'),
  choice: outputOf('choice', '.json'),
  json: outputOf('files', '.json'),
  markdown: outputOf('files', '.md'),
  latex: outputOf('files', '.tex'),
} as const;
