import { useEffect, useMemo, useState } from 'preact/hooks';
import type { PointTable } from '../gallery-points.ts';
import { PointIndex, parseLoop } from './point-index.ts';

/** One arrangement of the images of a gallery. */
export interface ImageLayout {
  readonly name: string;
  readonly title: string;
  readonly axes?: readonly [string, string] | undefined;
  readonly measures: readonly { readonly name: string; readonly value: string }[];
  /** The places of the gallery's rows; not a number where the map lacks the image. */
  readonly index: PointIndex;
}

/** A map whose points are the rows of a gallery's table. */
export interface ImageMap {
  readonly name: string;
  readonly layouts: readonly ImageLayout[];
  /** How many rows have a place. */
  readonly placed: number;
  /** The row of the map for each row of the table, -1 where it has none, and the way back. */
  readonly mapRows: Int32Array;
  readonly tableRows: Int32Array;
}

/** Where an image of a table is: in a split, under a key. */
export interface ImageNames {
  readonly splits: readonly unknown[];
  readonly keys: readonly unknown[];
}

/** The map with its points in the order of a table. */
export function joinMap(name: string, table: ImageNames, map: PointTable): ImageMap {
  const rowOf = new Map(table.keys.map((key, row) => [`${table.splits[row]} ${key}`, row]));
  const tableRows = Int32Array.from(
    map.keys,
    (key, i) => rowOf.get(`${map.splits[i]} ${key}`) ?? -1,
  );
  const mapRows = new Int32Array(table.keys.length).fill(-1);
  for (const [mapRow, row] of tableRows.entries()) if (row >= 0) mapRows[row] = mapRow;
  const layouts = map.layouts.map(({ points, ...layout }) => {
    const places = Float64Array.from({ length: 2 * mapRows.length }, (_, i) => {
      const mapRow = mapRows[i >> 1]!;
      return mapRow < 0 ? Number.NaN : points[2 * mapRow + (i & 1)]!;
    });
    return { ...layout, index: new PointIndex(places) };
  });
  const placed = mapRows.reduce((count, mapRow) => count + (mapRow < 0 ? 0 : 1), 0);
  return { name, layouts, placed, mapRows, tableRows };
}

/** What was loaded: a map, or why there is none. */
export type LoadedMap = ImageMap | string | undefined;

/** Loads a map of the run; undefined while it comes, and without a name. */
export function useImageMap(run: string, name: string, table: ImageNames): LoadedMap {
  const [loaded, setLoaded] = useState<LoadedMap>(undefined);
  useEffect(() => {
    let isOver = false;
    setLoaded(undefined);
    if (name !== '')
      fetch(`/points.json?${new URLSearchParams({ run, map: name })}`)
        .then(async (answer) =>
          answer.ok ? joinMap(name, table, await answer.json()) : await answer.text(),
        )
        .catch(() => 'The server does not answer.')
        .then((map) => isOver || setLoaded(map));
    return () => {
      isOver = true;
    };
  }, [name, table]);
  return loaded;
}

/**
 * An image and those nearest to it in the features, the nearest first; undefined where nobody asks,
 * and while they come.
 */
export function useNearest(
  run: string,
  map: LoadedMap,
  near: string,
): readonly number[] | undefined {
  const [nearest, setNearest] = useState<readonly number[] | undefined>(undefined);
  useEffect(() => {
    let isOver = false;
    setNearest(undefined);
    const row = Number(near);
    if (near === '' || typeof map !== 'object' || !((map.mapRows[row] ?? -1) >= 0)) return;
    const query = new URLSearchParams({ run, map: map.name, row: String(map.mapRows[row]) });
    fetch(`/nearest.json?${query}`)
      .then(async (answer): Promise<readonly number[]> => (answer.ok ? await answer.json() : []))
      .catch(() => [])
      .then((rows) => {
        const known = rows.map((mapRow) => map.tableRows[mapRow] ?? -1);
        if (!isOver) setNearest([row, ...known.filter((other) => other >= 0)]);
      });
    return () => {
      isOver = true;
    };
  }, [map, near]);
  return nearest;
}

/** The rows inside of the loop that the address names; undefined where it names none. */
export function useLassoed(map: LoadedMap, lasso: string): ReadonlySet<number> | undefined {
  return useMemo(() => {
    const parsed = parseLoop(lasso);
    if (parsed === undefined || typeof map !== 'object') return undefined;
    const layout = map.layouts.find(({ name }) => name === parsed.layout);
    return layout && new Set(layout.index.inside(parsed.loop));
  }, [map, lasso]);
}
