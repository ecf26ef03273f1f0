import type { DecodedImage } from '../../src/learning/vision/decode-image.ts';
import { radialSpectrum, ringCount } from '../../src/learning/vision/forensics/radial-spectrum.ts';
import { blockDctCount, blockDctFeatures } from './block-dct.ts';
import { type FeatureSet, featureSets } from './feature-sets.ts';
import { type Plane, planeNames, planesOf } from './planes.ts';
import { residualCount, residualFeatures } from './residuals.ts';

/** How many values a set has, and how they are computed of an image's planes. */
const sets: Readonly<
  Record<FeatureSet, { readonly count: number; of(planes: readonly Plane[]): Float64Array }>
> = {
  residuals: { count: residualCount, of: residualFeatures },
  spectrum: { count: planeNames.length * ringCount, of: spectra },
  dct: { count: blockDctCount, of: blockDctFeatures },
};

/** The number of values of some sets. */
export const countOf = (of: readonly FeatureSet[]): number =>
  inOrder(of).reduce((sum, set) => sum + sets[set].count, 0);

/** The least size of an image: a block of the DCT, and some sequences of residuals. */
export const leastSide = 8;

/**
 * The hand-made features of an image at its own size, set after set in the order of
 * {@link featureSets}.
 *
 * @param image At least 8 x 8 pixels.
 */
export function featuresOf(image: DecodedImage, of: readonly FeatureSet[]): Float32Array {
  const planes = planesOf(image);
  const features = new Float32Array(countOf(of));
  let at = 0;
  for (const set of inOrder(of)) {
    features.set(sets[set].of(planes), at);
    at += sets[set].count;
  }
  return features;
}

const inOrder = (of: readonly FeatureSet[]): readonly FeatureSet[] =>
  featureSets.filter((set) => of.includes(set));

/** log10 of the mean power in 88 rings of each plane, of at most its middle 256 x 256 pixels. */
function spectra(planes: readonly Plane[]): Float64Array {
  const features = new Float64Array(planes.length * ringCount);
  for (const [i, { values, width, height }] of planes.entries())
    features.set(radialSpectrum(values, width, height), i * ringCount);
  return features;
}
