import { formatDecimal } from '../../src/format-numbers.ts';
import { groupBy } from '../../src/group-by.ts';
import { type Box, heightOf, widthOf } from '../../src/learning/faces/geometry.ts';
import { meanOf } from '../../src/learning/faces/people/descriptors.ts';
import type { Crop } from './cut-faces.ts';
import type { ExaminedUnit } from './examine-unit.ts';
import type { SearchedImage } from './find-faces.ts';
import type { Appearance } from './persons.ts';
import type { PlacedFace } from './pick-faces.ts';
import type { Unit } from './source.ts';
import type { FacesSettings } from './spec.ts';

/**
 * What is kept of a face until all units are examined: neither its pixels nor its descriptor, and
 * no landmarks, which wait on disk.
 */
export interface FaceSummary extends Omit<PlacedFace, 'face'> {
  readonly box: Box;
  readonly score: number;
  /** The name of its {@link Appearance}. */
  readonly appearance: string;
  /** Where it was cut, for a picked one. */
  readonly crop?: Crop;
}

/** What is kept of a unit. */
export interface UnitSummary {
  readonly unit: Unit;
  readonly faces: readonly FaceSummary[];
  /** By the index of the image, why it has no crop, as a clause. */
  readonly missing: ReadonlyMap<number, string>;
  /** Empty where persons are not asked for. */
  readonly appearances: readonly Appearance[];
}

/** Why a face that `align` would cut is left out, as a clause. */
export const misfitReason = 'its landmarks do not fit its box';

export function summarise(examined: ExaminedUnit, settings: FacesSettings): UnitSummary {
  const { unit, faces, crops } = examined;
  const picked = faces.filter(({ isPicked }) => isPicked);
  const cropOf = new Map(picked.map((face, index) => [face, crops[index]!]));
  const summaries = faces.map((placed): FaceSummary => {
    const { face, ...where } = placed;
    const crop = cropOf.get(placed);
    return {
      ...where,
      box: face.box,
      score: face.score,
      appearance: nameOf(unit, placed),
      ...(crop !== undefined && { crop }),
    };
  });
  const withCrop = new Set(picked.map(({ image }) => image));
  const misfits = new Set(faces.filter(({ isMisfit }) => isMisfit).map(({ image }) => image));
  const missing = examined.searched.flatMap((searched, image) =>
    withCrop.has(image)
      ? []
      : [[image, misfits.has(image) ? misfitReason : reasonOf(searched, settings)] as const],
  );
  return {
    unit,
    faces: summaries,
    missing: new Map(missing),
    appearances: settings.persons ? appearancesOf(unit, faces) : [],
  };
}

/** The name of a track, or of a face of a picture, in the data set. */
const nameOf = ({ images, video }: Unit, { image, position, track }: PlacedFace): string =>
  track === undefined
    ? JSON.stringify([images[image]!.key, position])
    : JSON.stringify([video, track]);

function appearancesOf(unit: Unit, faces: readonly PlacedFace[]): readonly Appearance[] {
  const appearances = groupBy(faces, (placed) => nameOf(unit, placed));
  return Array.from(appearances, ([name, members]) => ({
    name,
    descriptor: meanOf(members.map(({ face }) => face.descriptor!)),
  }));
}

/** Why an image has no crop, as a clause. */
function reasonOf(
  { faces, refused, problem }: SearchedImage,
  { minScore, minSize }: FacesSettings,
): string {
  if (problem !== undefined) return problem;
  if (faces.length > 0) return 'its faces are of other tracks';
  const sizes = refused
    .filter(({ reason }) => reason === 'size')
    .map(({ box }) => Math.min(widthOf(box), heightOf(box)));
  if (sizes.length > 0)
    return `its largest face has ${Math.floor(Math.max(...sizes))} pixels, below ${minSize}`;
  if (refused.length === 0) return 'no face';
  const best = Math.max(...refused.map(({ score }) => score));
  return `the best score is ${formatDecimal(best, 2)}, below ${minScore}`;
}
