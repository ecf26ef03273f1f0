import { z } from 'zod';
import { StageError } from '../../stage.ts';
import { usualInput } from './input-settings.ts';
import { type ImageInput, type ModelInfo, modelInfo } from './model-info.ts';
import { preprocessingOf } from './preprocessing/preprocessing-file.ts';
import { type Preprocessing, presetNames, presetOf } from './preprocessing/presets.ts';

/** What an ONNX file says of its classes and of its images; undefined where it says nothing. */
export interface OnnxMetadata {
  /** In the order of the outputs. */
  readonly classes: readonly string[] | undefined;
  /** How an image becomes the input, as `export` writes it. */
  readonly exported: ImageInput | undefined;
  /** How the images of its training were made, as `export` writes it. */
  readonly recipe: ModelInfo['recipe'];
  /** The name of a preset, or the text of a file that authors publish. */
  readonly preprocessing: string | undefined;
}

/** Reads `restage`, which `export` writes, or else `classes` and `preprocessing`. */
export function onnxMetadata(texts: ReadonlyMap<string, string>): OnnxMetadata {
  const info = modelInfo.safeParse(jsonOf(texts.get('restage'))).data;
  const input = info?.input;
  return {
    classes: info?.classes ?? classesIn(texts.get('classes')),
    exported: input !== undefined && 'size' in input ? input : undefined,
    recipe: info?.recipe,
    preprocessing: texts.get('preprocessing'),
  };
}

/** A file whose images are prepared. */
interface MetadataFile {
  /** Its name, for messages. */
  readonly file: string;
  /** Pixels a side that it takes; undefined where it leaves them free. */
  readonly size: number | undefined;
}

/**
 * How an image becomes the input of a file; undefined where its metadata does not say it. Throws a
 * {@link StageError} for a preprocessing that is no preset and no text of a known form.
 */
export function inputOf(
  { exported, preprocessing }: OnnxMetadata,
  file: MetadataFile,
): ImageInput | undefined {
  if (exported !== undefined || preprocessing === undefined) return exported;
  const { crop, resize, kernel, normalise } = preprocessingIn(preprocessing, file);
  const { mean, deviation } = normalise;
  return {
    size: crop,
    fit: usualInput.fit,
    kernel,
    normalise: { mean: [...mean], deviation: [...deviation] },
    resize: typeof resize === 'number' ? resize : [...resize],
  };
}

function preprocessingIn(text: string, { file, size }: MetadataFile): Preprocessing {
  const name = presetNames.find((preset) => preset === text.trim());
  if (name !== undefined) return presetOf(name, size);
  const source = `the metadata "preprocessing" of ${file}`;
  const config = z.record(z.string(), z.unknown()).safeParse(jsonOf(text)).data;
  if (config !== undefined) return preprocessingOf(config, source);
  throw new StageError(
    `Expected ${presetNames.join(', ')}, or the text of a preprocessor_config.json, in ${source}, got "${text.slice(0, 40)}".`,
  );
}

/** The names of classes: a JSON list, or names with commas between them. */
function classesIn(text: string | undefined): readonly string[] | undefined {
  if (text === undefined) return undefined;
  return (
    z.array(z.string()).safeParse(jsonOf(text)).data ?? text.split(',').map((name) => name.trim())
  );
}

function jsonOf(text = ''): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
