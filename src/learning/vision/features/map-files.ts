import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { csvRecords, csvTable } from '../../../csv.ts';
import { formatJson } from '../../../format-json.ts';
import { err, ok, type Result } from '../../../result.ts';
import type { FeaturesSample } from './features.ts';
import { NpyWriter } from './npy.ts';

export const mapFile = 'map.json';
export const pointsFile = 'points.csv';
export const nearestFile = 'nearest.npy';

const layoutInfo = z.object({
  /** As in the columns of `points.csv`: `umap` for `umap.x` and `umap.y`. */
  name: z.string().min(1),
  title: z.string(),
  /** What its axes are, where they mean something; absent: only distances between points do. */
  axes: z.tuple([z.string(), z.string()]).optional(),
  /** How far the layout can be trusted: a text and its value, for people. */
  measures: z.array(z.object({ name: z.string(), value: z.string() })),
});
/** One arrangement of the images in the plane. */
export type MapLayout = Readonly<z.infer<typeof layoutInfo>>;

/**
 * A `map` artifact: images as points of the plane, in one or several layouts.
 *
 *     map.json       format, and the layouts with their measures
 *     points.csv     a row an image: split, key, class, source, and x and y in each layout
 *     nearest.npy    [images, neighbours] float32: the rows of the images that are nearest in the
 *                    features, the nearest first; absent where nobody says
 */
export const mapInfo = z.object({
  format: z.literal(1),
  layouts: z.array(layoutInfo).min(1),
});
export type MapInfo = Readonly<z.infer<typeof mapInfo>>;

/** An image of a map. */
export interface MappedImage {
  readonly split: string;
  readonly sample: FeaturesSample;
}

/** The points of a map as they are read: columns, row by row. */
export interface MapPoints {
  readonly splits: readonly string[];
  readonly keys: readonly string[];
  /** By the name of a layout: x and y in turn, `[images, 2]`. */
  readonly layouts: ReadonlyMap<string, Float64Array>;
}

/** Digits of coordinates: a map is read by eye. */
const digits = 6;

interface WrittenMap {
  readonly info: MapInfo;
  readonly images: readonly MappedImage[];
  /** By the name of a layout: `[images, 2]`. */
  readonly layouts: ReadonlyMap<string, Float64Array>;
  /** `[images, neighbours]` rows of images. */
  readonly nearest: Int32Array;
}

/** Writes a `map` artifact. */
export function writeMap(folder: string, { info, images, layouts, nearest }: WrittenMap): void {
  mkdirSync(folder, { recursive: true });
  const rows = images.map(({ split, sample }, i) => ({
    split,
    key: sample.key,
    class: sample.class,
    source: sample.source,
    path: sample.path,
    group: sample.group,
    ...Object.fromEntries(
      Object.entries(sample.slices ?? {}).map(([name, value]) => [`slice.${name}`, value]),
    ),
    ...Object.fromEntries(
      Array.from(layouts).flatMap(([name, points]) => [
        [`${name}.x`, Number(points[2 * i]!.toPrecision(digits))],
        [`${name}.y`, Number(points[2 * i + 1]!.toPrecision(digits))],
      ]),
    ),
  }));
  writeFileSync(join(folder, pointsFile), csvTable(rows));
  using file = new NpyWriter(
    join(folder, nearestFile),
    images.length,
    nearest.length / images.length,
  );
  file.add(Float32Array.from(nearest));
  writeFileSync(join(folder, mapFile), formatJson(info));
}

/** `map.json`; the error is a sentence. */
export function parseMapInfo(text: string): Result<MapInfo, string> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return err(`${mapFile} is not JSON`);
  }
  const parsed = mapInfo.safeParse(value);
  if (parsed.success) return ok(parsed.data);
  const { path, message } = parsed.error.issues[0]!;
  return err(`${mapFile} at ${path.join('.') || 'its top'}: ${message}`);
}

/** `points.csv` with the coordinates of these layouts; the error is a sentence. */
export function parseMapPoints(
  text: string,
  layouts: readonly MapLayout[],
): Result<MapPoints, string> {
  const [header, ...records] = csvRecords(text);
  const names = [
    'split',
    'key',
    ...layouts.flatMap(({ name }) => [`${name}.x`, `${name}.y`]),
  ] as const;
  const at = names.map((name) => header?.fields.indexOf(name) ?? -1);
  const missing = names.filter((_, i) => at[i]! < 0);
  if (missing.length > 0) return err(`${pointsFile} has no column ${missing.join(', ')}`);
  const column = (i: number) => records.map(({ fields }) => fields[at[i]!] ?? '');
  const points = layouts.map(({ name }, k) => {
    const xs = column(2 + 2 * k);
    const ys = column(3 + 2 * k);
    const values = Float64Array.from({ length: 2 * records.length }, (_, i) =>
      Number((i % 2 === 0 ? xs : ys)[i >> 1] || Number.NaN),
    );
    return [name, values] as const;
  });
  for (const [name, values] of points) {
    const lost = values.findIndex((value) => !Number.isFinite(value));
    if (lost >= 0)
      return err(
        `${pointsFile}:${records[lost >> 1]!.line}: expected numbers as ${name}.x and ${name}.y`,
      );
  }
  return ok({ splits: column(0), keys: column(1), layouts: new Map(points) });
}
