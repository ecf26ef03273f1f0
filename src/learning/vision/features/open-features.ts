import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { StageError } from '../../../stage.ts';
import { thereAre } from '../../../suggest.ts';
import { reasonOf } from '../../../user-error.ts';
import { samplesFile } from '../dataset/dataset.ts';
import { parseArtifactFile } from '../parse-artifact-file.ts';
import type { FeaturesInfo, FeaturesSample } from './features.ts';
import { featuresFile, featuresInfo, featuresSamples, valuesFile } from './features.ts';
import { parseNpy } from './npy.ts';

interface FeaturesSplit {
  readonly samples: readonly FeaturesSample[];
  /** `[samples, values]`. */
  readonly features: Float32Array<ArrayBuffer>;
}

/** Opens the `features` artifact in `folder`. Throws a {@link StageError} when it is not one. */
export function openFeatures(folder: string) {
  const info = parseArtifactFile('features', join(folder, featuresFile), featuresInfo);
  const open = new Map<string, FeaturesSplit>();
  return {
    ...info,
    /** Reads a split when it is first used. Throws a {@link StageError} that names the splits when `name` is none of them. */
    split(name: string): FeaturesSplit {
      if (!info.splits.includes(name)) {
        throw new StageError(`Expected one of the features' splits, got "${name}". ${thereAre(name, info.splits)}`);
      }
      const split = open.get(name) ?? readSplit(join(folder, name), info);
      open.set(name, split);
      return split;
    },
  };
}
export type Features = Omit<ReturnType<typeof openFeatures>, 'format'>;

function readSplit(folder: string, { values: width, classes }: FeaturesInfo): FeaturesSplit {
  const samples = parseArtifactFile('features', join(folder, samplesFile), featuresSamples(classes.length));
  const path = join(folder, valuesFile);
  const fail = (message: string) => new StageError(`Expected features, but in ${path}: ${message}`);
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    throw fail(reasonOf(error));
  }
  const parsed = parseNpy(bytes);
  if (!parsed.ok) throw fail(parsed.error);
  const { shape, values } = parsed.value;
  if (shape.length !== 2 || shape[0] !== samples.length || shape[1] !== width) {
    const wanted = `${samples.length} x ${width} values, as its samples and ${featuresFile} say`;
    throw fail(`expected ${wanted}, got ${shape.join(' x ')}`);
  }
  const lost = values.findIndex((value) => !Number.isFinite(value));
  if (lost === -1) return { samples, features: values };
  throw fail(`expected finite values, got ${values[lost]} among those of ${samples[Math.floor(lost / width)]!.key}`);
}
