import { readFileSync } from 'node:fs';
import type { Context } from 'hono';
import type { RunFolder } from '../../engine/store/runs/run-folder.ts';
import type { StoredArtifact } from '../../engine/store/stage-result.ts';
import {
  type MapLayout,
  mapFile,
  nearestFile,
  parseMapInfo,
  parseMapPoints,
  pointsFile,
} from '../../learning/vision/features/map-files.ts';
import { readNpyPart } from '../../learning/vision/features/npy.ts';
import { outputOf, resultsOf } from './gallery-table.ts';
import { findRun, type Sources } from './run-page.ts';
import { whyGone } from './stored-objects.ts';

/** The images of a map as points, row by row in the order of its file. */
export interface PointTable {
  readonly splits: readonly string[];
  readonly keys: readonly string[];
  readonly layouts: readonly (MapLayout & {
    /** x and y of each image in turn. */
    readonly points: readonly number[];
  })[];
}

/** The stages of a run that made a map of images. */
export const stagesWithMap = (run: RunFolder, { results }: Sources): readonly string[] =>
  [...resultsOf(run, results)].flatMap(([name, result]) =>
    outputOf(result, 'map') === undefined ? [] : [name],
  );

/** The points of a map, as `points.json`. */
export function pointsData(c: Context, sources: Sources): Response {
  const map = mapOf(c, sources);
  if (map === undefined) return c.text('This run has no such map.', 404);
  const read = (name: string) => readFileSync(sources.objects.pathOf(map, name), 'utf8');
  let texts: readonly [string, string];
  try {
    texts = [read(mapFile), read(pointsFile)];
  } catch {
    return c.text(`This map is not here: ${whyGone}.`, 404);
  }
  const info = parseMapInfo(texts[0]);
  if (!info.ok) return c.text(`This map cannot be read: ${info.error}.`, 404);
  const points = parseMapPoints(texts[1], info.value.layouts);
  if (!points.ok) return c.text(`This map cannot be read: ${points.error}.`, 404);
  const { splits, keys, layouts } = points.value;
  const table: PointTable = {
    splits,
    keys,
    layouts: info.value.layouts.map((layout) => ({
      ...layout,
      points: Array.from(layouts.get(layout.name)!),
    })),
  };
  return c.json(table);
}

/** The rows of the images that are nearest to one in the features, as `nearest.json`. */
export function nearestData(c: Context, sources: Sources): Response {
  const map = mapOf(c, sources);
  if (map === undefined) return c.text('This run has no such map.', 404);
  // A map of another program may not say which images are near.
  if (!map.files.some(({ path }) => path === nearestFile)) return c.json([]);
  try {
    const path = sources.objects.pathOf(map, nearestFile);
    const part = readNpyPart(path, Number(c.req.query('row')));
    return c.json(Array.from(part?.values ?? []));
  } catch {
    return c.text(`This map is not here: ${whyGone}.`, 404);
  }
}

function mapOf(c: Context, { store, results }: Sources): StoredArtifact | undefined {
  const run = findRun(store, c.req.query('run') ?? '');
  return run && outputOf(resultsOf(run, results).get(c.req.query('map') ?? ''), 'map');
}
