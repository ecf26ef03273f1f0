import type { InputArtifact } from '../../stage.ts';
import { StageError } from '../../stage.ts';
import { inputMistakes } from './input-mistakes.ts';
import { fillFromFile, type InputSettings } from './input-settings.ts';
import { readPreprocessing } from './preprocessing/preprocessing-file.ts';

/** A stage that may have the input `preprocessing`. */
interface Reader {
  inputs(port: string): readonly InputArtifact[];
  log(line: string): void;
}

/**
 * The settings of a stage, with those of its input `preprocessing` where they have none or their
 * default. Throws a {@link StageError} where the two contradict each other.
 */
export function withPreprocessing<S extends InputSettings>(
  { inputs, log }: Reader,
  settings: S,
  defaults: Partial<InputSettings> = {},
): S {
  const [file] = inputs('preprocessing');
  if (file === undefined) return settings;
  const preprocessing = readPreprocessing(file.path);
  const filled = fillFromFile(preprocessing, settings, defaults);
  const [mistake] = inputMistakes(filled, new Set());
  if (mistake !== undefined) {
    throw new StageError(
      `With the input "preprocessing", ${mistake.at.join('.')}: ${mistake.message}.`,
    );
  }
  const { resize, crop, imageSize, fit = 'cover', scale, kernel } = filled;
  const fitted = scale === undefined ? `fit ${fit}` : `scale ${scale}`;
  const scaling = resize === undefined ? fitted : `resize ${String(resize)}, crop ${crop}`;
  log(
    `Images are prepared as the input "preprocessing" says: ${scaling}, ${imageSize} x ${imageSize}, ${kernel}.`,
  );
  return filled;
}
