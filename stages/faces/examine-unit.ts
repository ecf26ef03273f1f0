import { sha256 } from '../../src/digest.ts';
import type { JsonObject } from '../../src/json.ts';
import type {
  Face,
  FaceFinder,
  FaceQuestion,
} from '../../src/learning/faces/finding/face-finder.ts';
import type { PieceStore } from '../../src/stage.ts';
import { type Crop, type CutSettings, cutUnit } from './cut-faces.ts';
import { packSearch, type SearchedImage, searchUnit, unpackSearch } from './find-faces.ts';
import { coverageOf, type Masks, readMask } from './masks.ts';
import { type Coverage, type PlacedFace, placeFaces } from './pick-faces.ts';
import type { Unit } from './source.ts';
import type { FacesSettings } from './spec.ts';

/** What became of a unit. */
export interface ExaminedUnit {
  readonly unit: Unit;
  readonly searched: readonly SearchedImage[];
  /** In the order of their images. */
  readonly faces: readonly PlacedFace[];
  /** Of the picked faces, in their order. */
  readonly crops: readonly Crop[];
}

/** What examining needs besides the unit. */
export interface ExamineOptions {
  readonly pieces: PieceStore | undefined;
  /** Starts the networks, which are not needed where all pieces are known. */
  readonly openFinder: () => Promise<FaceFinder>;
  readonly question: Omit<FaceQuestion, 'describe'>;
  /** Whether descriptors are needed: for tracks and persons. */
  readonly describe: boolean;
  /** What decides the networks of the user's own. */
  readonly networks: JsonObject;
  readonly pick: FacesSettings['pick'];
  readonly cut: CutSettings;
  readonly masks: Masks | undefined;
  /** Called after each image; `restored` for one that was searched before. */
  readonly onImage: (restored: boolean) => void;
}

/**
 * Finds and cuts the faces of a unit, or restores them: a search by the bytes of its images and the
 * settings of the search, crops by what was picked and the settings of the crops. So another margin
 * only cuts again. The search holds descriptors, and stays among the pieces.
 */
export async function examineUnit(
  unit: Unit,
  tar: string,
  options: ExamineOptions,
): Promise<ExaminedUnit> {
  const digests: string[] = [];
  for (const image of unit.images) digests.push(sha256(await image.read()));
  const searched = await search(unit, digests, options);
  const { masks, pick, cut, pieces } = options;
  const coverage = pick === 'mask' ? await readCoverage(unit, searched, masks) : () => 0;
  const faces = placeFaces(searched, unit, { pick, ...cut }, coverage);
  const picked = faces.filter(({ isPicked }) => isPicked);
  const names = picked.map(({ image, suffix }) => unit.images[image]!.key + suffix);
  const key = {
    crops: digests,
    cut: JSON.stringify(cut),
    names,
    faces: picked.map(({ face: { box, landmarks }, image }) => [
      image,
      box.left,
      box.top,
      box.right,
      box.bottom,
      landmarks.flatMap(({ x, y }) => [x, y]),
    ]),
  };
  if (picked.length === 0) return { unit, searched, faces, crops: [] };
  const kept = await pieces?.restore(key, tar);
  if (kept !== undefined)
    return { unit, searched, faces, crops: JSON.parse(String(kept)) as readonly Crop[] };
  const crops = await cutUnit(unit, picked, cut, tar);
  await pieces?.keep(key, { facts: JSON.stringify(crops), path: tar });
  return { unit, searched, faces, crops };
}

async function search(
  unit: Unit,
  digests: readonly string[],
  { pieces, openFinder, question, describe, networks, onImage }: ExamineOptions,
): Promise<readonly SearchedImage[]> {
  const settings = { ...question, describe };
  const key = { search: digests, ...settings, ...networks };
  const kept = await pieces?.restore(key);
  if (kept !== undefined) {
    for (const _ of unit.images) onImage(true);
    return unpackSearch(String(kept));
  }
  const searched = await searchUnit(await openFinder(), unit, settings, () => onImage(false));
  await pieces?.keep(key, { facts: packSearch(searched) });
  return searched;
}

/** How much of the masks lies in each face, read before faces are picked. */
async function readCoverage(
  { images }: Unit,
  searched: readonly SearchedImage[],
  masks: Masks | undefined,
): Promise<Coverage> {
  const sums = new Map<Face, number>();
  for (const [index, size] of searched.entries()) {
    const path = masks?.pathOf(images[index]!);
    if (path === undefined || size.faces.length === 0) continue;
    const mask = await readMask(path);
    for (const face of size.faces) sums.set(face, coverageOf(mask, size, face.box));
  }
  return (_, face) => sums.get(face) ?? 0;
}
