import {
  type AttributionMap,
  reduceMap,
  resizeMap,
  scaleMap,
} from '../attribution/attribution-map.ts';
import { type ExplainOptions, explain } from '../attribution/explain.ts';
import type { Completeness } from '../attribution/gradients.ts';
import {
  chanceIntersectionOverUnion,
  intersectionOverUnion,
  maskShare,
  pointingGame,
  topShare,
} from '../attribution/map-measures.ts';
import { halfMassArea, partShares, regionNames, regionShares } from '../attribution/map-regions.ts';
import type { Method } from '../attribution/methods.ts';
import { type MapGrid, topShareCeiling } from '../attribution/top-share-ceiling.ts';
import { facePartNames } from '../faces/parts/face-parts.ts';
import { expectFinite } from '../models/model-output.ts';
import { rowOf } from '../models/row-of.ts';
import type { DecodedImage } from '../vision/decode-image.ts';
import type { AskOptions, Subject } from './explanation-subject.ts';
import type { FaceParts } from './open-face-parts.ts';
import type { Masks } from './open-masks.ts';

/**
 * Side, in pixels, of the small maps that are kept of every image, for means that are resampled
 * thousands of times.
 */
const coarseSide = 16;

/** The methods and the question of a survey, and the listeners to its progress. */
export interface SurveyOptions {
  readonly methods: readonly Method[];
  readonly explain: ExplainOptions;
  /** The question, and the images that it is about; all of the split without `indices`. */
  readonly how: AskOptions;
  readonly masks?: Masks | undefined;
  readonly faceParts?: FaceParts | undefined;
  /** Receives every image in turn. */
  readonly onImage?: (image: SurveyedImage) => void | Promise<void>;
  readonly onBatch?: (images: number) => void;
}

/** One image with its maps, as the survey passes it. */
export interface SurveyedImage {
  /** Index in the split's samples. */
  readonly index: number;
  /** Its position in the survey. */
  readonly position: number;
  readonly label: number;
  /** The class that is explained. */
  readonly class: number;
  /** In the order of the classes. */
  readonly logits: ArrayLike<number>;
  /** By method, unscaled, in the method's own size. They may be kept. */
  readonly maps: readonly AttributionMap[];
  /** The picture as the network sees it; only while the survey is at this image. */
  pixels(): DecodedImage;
}

/** The survey of a split's maps. Values by image are in the order of the survey: `[images]`. */
export interface Survey {
  /** Indices in the split's samples. */
  readonly indices: Uint32Array;
  readonly labels: ArrayLike<number>;
  /** The class that is explained. */
  readonly explained: ArrayLike<number>;
  /** `[images, classes]`. */
  readonly logits: Float64Array;
  readonly maps: readonly MapSurvey[];
  /** The scores of chance against the masks; NaN for an image without one. Absent without masks. */
  readonly masks?: { readonly shares: Float64Array; readonly chanceOverlaps: Float64Array };
  /**
   * The share of the pixels in each part of a face, `[images, parts]`; NaN for an image without a
   * face. Absent without landmarks.
   */
  readonly partAreas?: Float64Array;
  readonly completeness?: Completeness;
}

/** The maps of one method, in the size of the image as the network sees it. */
export interface MapSurvey {
  readonly method: Method;
  /** Concentration ({@link topShare}); NaN for a map of zeros. */
  readonly topShares: Float64Array;
  /** Where it lies ({@link regionShares}): `[images, regions]`; NaN for a map of zeros. */
  readonly regions: Float64Array;
  /**
   * The share of its mass in each part of a face ({@link partShares}): `[images, parts]`; NaN for a
   * map of zeros and for an image without a face. Absent without landmarks.
   */
  readonly parts?: Float64Array;
  /** How much of the image it covers ({@link halfMassArea}); NaN for a map of zeros. */
  readonly areas: Float64Array;
  /** The cells of its maps before they were resized, if these are fewer than the image's pixels. */
  readonly grid?: MapGrid;
  /** The greatest concentration that such a map can have ({@link topShareCeiling}). */
  readonly ceiling?: number;
  /** Maps scaled to 0 to 1, then reduced: `[images, cells]`, at most 16 x 16 cells. */
  readonly coarse: Float32Array;
  readonly cells: number;
  /**
   * By label: the mean of the maps scaled to 0 to 1, itself scaled to 0 to 1; undefined for a class
   * without images.
   */
  readonly means: readonly (AttributionMap | undefined)[];
  /** By label: the number of constant maps, which count as zeros. */
  readonly constant: readonly number[];
  /**
   * Scores against the masks, NaN for an image without one: pointing game, and intersection over
   * union.
   */
  readonly pointing?: Float64Array;
  readonly overlaps?: Float64Array;
}

/**
 * One pass over the images of a split, batch by batch: maps by every method, and numbers about
 * them. Only the means of classes are kept of the maps, and a kilobyte for each image and method.
 * Class activation maps are resized to the image before they are measured.
 */
export async function surveySplit(subject: Subject, options: SurveyOptions): Promise<Survey> {
  const { methods, how, masks, faceParts } = options;
  const images = how.indices?.length ?? subject.samples.length;
  const { size } = subject.input;
  const classes = subject.classes.length;
  const indices = new Uint32Array(images);
  const labels = new Uint16Array(images);
  const explained = new Uint16Array(images);
  const logits = new Float64Array(classes * images);
  const collectors = methods.map((method) =>
    collector(method, {
      images,
      classes,
      size,
      isMasked: masks !== undefined,
      hasFaces: faceParts !== undefined,
    }),
  );
  const chance = { shares: undefinedOf(images), chanceOverlaps: undefinedOf(images) };
  const areasOfParts = undefinedOf(images * facePartNames.length);
  const everywhere = new Float32Array(size * size).fill(1);
  const completeness = { rises: undefinedOf(images), gaps: undefinedOf(images) };
  let position = 0;
  for await (const batch of subject.ask(how)) {
    const explanation = await explain(subject.model, batch.question, methods, options.explain);
    for (const [slot, index] of batch.indices.entries()) {
      const sample = subject.samples[index]!;
      const label = batch.labels[slot]!;
      const of = {
        class: batch.question.classes[slot]!,
        maps: explanation.maps.map((maps) => maps[slot]!),
      };
      const scores = rowOf(explanation.logits, slot, batch.indices.length);
      expectFinite(scores, sample.key);
      const mask = await masks?.read(sample);
      const parts = faceParts?.read(sample);
      for (const [i, map] of of.maps.entries())
        collectors[i]!.add(position, label, map, { mask, parts });
      indices[position] = index;
      labels[position] = label;
      explained[position] = of.class;
      logits.set(scores, classes * position);
      completeness.rises[position] = explanation.completeness?.rises[slot] ?? Number.NaN;
      completeness.gaps[position] = explanation.completeness?.gaps[slot] ?? Number.NaN;
      if (mask !== undefined) {
        chance.shares[position] = maskShare(mask);
        chance.chanceOverlaps[position] = chanceIntersectionOverUnion(mask);
      }
      if (parts !== undefined) {
        const areas = partShares(everywhere, parts, facePartNames.length);
        areasOfParts.set(areas, position * facePartNames.length);
      }
      await options.onImage?.({
        index,
        position,
        label,
        ...of,
        logits: scores,
        pixels: () => batch.pixels(slot),
      });
      position++;
    }
    options.onBatch?.(batch.indices.length);
  }
  return {
    indices,
    labels,
    explained,
    logits,
    maps: collectors.map(({ finish }) => finish()),
    ...(masks !== undefined && { masks: chance }),
    ...(faceParts !== undefined && { partAreas: areasOfParts }),
    ...(methods.includes('integrated-gradients') && { completeness }),
  };
}

const undefinedOf = (images: number): Float64Array => new Float64Array(images).fill(Number.NaN);

/** What a collector needs to know beforehand. */
interface CollectorOptions {
  readonly images: number;
  readonly classes: number;
  /** Pixels a side of an image as the network sees it. */
  readonly size: number;
  readonly isMasked: boolean;
  readonly hasFaces: boolean;
}

/** What is known of an image beside its map, `[size, size]` each. */
interface KnownOfImage {
  readonly mask: Uint8Array | undefined;
  readonly parts: Uint8Array | undefined;
}

/** Collects the maps of one method as they come. */
function collector(
  method: Method,
  { images, classes, size, isMasked, hasFaces }: CollectorOptions,
) {
  const cells = Math.min(size, coarseSide) ** 2;
  const topShares = undefinedOf(images);
  const regions = undefinedOf(images * regionNames.length);
  const partMasses = hasFaces ? undefinedOf(images * facePartNames.length) : undefined;
  const areas = undefinedOf(images);
  const coarse = new Float32Array(images * cells);
  const scores = isMasked
    ? { pointing: undefinedOf(images), overlaps: undefinedOf(images) }
    : undefined;
  const sums = Array.from({ length: classes }, () => new Float64Array(size * size));
  const counts = sums.map(() => 0);
  const constant = sums.map(() => 0);
  const image = { height: size, width: size };
  let grid: MapGrid | undefined;
  const meanOf = (sum: Float64Array, label: number): AttributionMap | undefined => {
    if (counts[label] === 0) return undefined;
    const values = Float32Array.from(sum, (total) => total / counts[label]!);
    return { height: size, width: size, values: scaleMap(values) };
  };
  return {
    add(position: number, label: number, raw: AttributionMap, { mask, parts }: KnownOfImage): void {
      const map = resizeMap(raw, image);
      if (map !== raw) grid ??= { height: raw.height, width: raw.width };
      const scaled = scaleMap(map.values);
      const sum = sums[label]!;
      for (const [i, value] of scaled.entries()) sum[i]! += value;
      counts[label]!++;
      if (scaled.every((value) => value === 0)) constant[label]!++;
      topShares[position] = topShare(map.values);
      regions.set(regionShares(map.values, image), position * regionNames.length);
      areas[position] = halfMassArea(map.values);
      coarse.set(reduceMap({ ...map, values: scaled }, coarseSide).values, position * cells);
      if (parts !== undefined) {
        const count = facePartNames.length;
        partMasses?.set(partShares(map.values, parts, count), position * count);
      }
      if (mask === undefined || scores === undefined) return;
      scores.pointing[position] = pointingGame(map.values, mask);
      scores.overlaps[position] = intersectionOverUnion(map.values, mask);
    },
    finish: (): MapSurvey => ({
      method,
      topShares,
      regions,
      ...(partMasses !== undefined && { parts: partMasses }),
      areas,
      ...(grid !== undefined && { grid, ceiling: topShareCeiling(grid, image) }),
      coarse,
      cells,
      means: sums.map(meanOf),
      constant,
      ...scores,
    }),
  };
}
