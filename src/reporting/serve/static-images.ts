import type { Hono } from 'hono';
import { formatCount, formatCountOf, formatFew } from '../../format-numbers.ts';
import { UsageError } from '../../user-error.ts';
import { html } from '../report/html.ts';
import { type Column, filterRows } from './filter-query.ts';
import type { ImageFiles } from './gallery-images.ts';
import { stagesWith } from './gallery-page.ts';
import type { ImageTable } from './gallery-table.ts';
import { findRun, type Sources } from './run-page.ts';
import { renderFrame } from './served-page-frame.ts';

/** More images than this are no choice: their files would fill a disk. */
const mostImages = 2000;

/** What the page of images has in it where no server answers. */
export interface StaticImages {
  readonly table: ImageTable;
  /** Row by row. */
  readonly files: readonly ImageFiles[];
}

/** The images of a stage that a filter chose. */
export interface ChosenImages {
  readonly run: string;
  readonly stage: string;
  /** The name of its page in the folder. */
  readonly page: string;
  readonly table: ImageTable;
}

/**
 * The images of runs that a filter leaves, of every stage with scores, otherwise of the data sets.
 * Throws a `UsageError` where the filter is none, leaves nothing, or too much.
 */
export async function chooseImages(
  app: Hono,
  sources: Sources,
  { runs, filter }: { readonly runs: readonly string[]; readonly filter: string },
): Promise<readonly ChosenImages[]> {
  const chosen: ChosenImages[] = [];
  const unknown = new Map<string, number>();
  let tables = 0;
  for (const id of runs) {
    const run = findRun(sources.store, id)!;
    const scored = stagesWith(run, sources, 'scores');
    const stages = scored.length > 0 ? scored : stagesWith(run, sources, 'dataset');
    for (const stage of stages) {
      const answer = await app.request(`/images.json?${new URLSearchParams({ run: id, stage })}`);
      if (answer.status !== 200) continue;
      const table = (await answer.json()) as ImageTable;
      const filtered = filterRows(table.columns, table.indexes.length, filter);
      if (filtered.problem) throw new UsageError(`--images: ${filtered.problem}`);
      tables += 1;
      for (const name of filtered.unknown) unknown.set(name, (unknown.get(name) ?? 0) + 1);
      if (filtered.rows.length === 0) continue;
      const page = `images-${id}-${chosen.length + 1}.html`;
      chosen.push({ run: id, stage, page, table: rowsOf(table, filtered.rows) });
    }
  }
  expectSome(
    chosen,
    filter,
    [...unknown].filter(([, count]) => count === tables).map(([name]) => name),
  );
  return chosen;
}

function expectSome(
  chosen: readonly ChosenImages[],
  filter: string,
  unknown: readonly string[],
): void {
  if (unknown.length > 0)
    throw new UsageError(`--images: no image has a column ${formatFew(unknown, 3)}`);
  if (chosen.length === 0) throw new UsageError(`--images: no image of these runs meets ${filter}`);
  const images = new Set(chosen.flatMap(({ table }) => namesOf(table)));
  if (images.size > mostImages)
    throw new UsageError(
      `--images: ${formatCountOf(images.size, 'image')} meet ${filter}; at most ${formatCount(mostImages)} are written: narrow the filter`,
    );
}

const namesOf = ({ dataset, columns, indexes }: ImageTable): readonly string[] => {
  const splits = columns.find(({ name }) => name === 'split')!.values;
  return indexes.map((index, row) => `${dataset} ${splits[row]} ${index}`);
};

/** The table with these rows alone. */
function rowsOf(table: ImageTable, rows: readonly number[]): ImageTable {
  const pick = <Value>(values: readonly Value[]) => rows.map((row) => values[row]!);
  const columns = table.columns.map(
    (column): Column => ({ ...column, values: pick(column.values) }),
  );
  return { ...table, columns, indexes: pick(table.indexes) };
}

/** Where the files of an image are on the server, whose copies go into the folder. */
export interface ImageAddresses {
  readonly thumb: string;
  readonly image: string;
  /** Lists its maps. */
  readonly maps: string;
}

/** The addresses of each row's files; undefined where there is no image. */
export function imageAddresses({
  run,
  table: { dataset, columns, indexes },
}: ChosenImages): readonly (ImageAddresses | undefined)[] {
  const valuesOf = (name: string) => columns.find((column) => column.name === name)!.values;
  const splits = valuesOf('split');
  const keys = valuesOf('key');
  return indexes.map((index, row) => {
    if (index < 0 || dataset === undefined) return undefined;
    const place = `${dataset}/${encodeURIComponent(String(splits[row]))}/${index}`;
    const query = new URLSearchParams({ run, split: String(splits[row]), key: String(keys[row]) });
    return { thumb: `/thumb/${place}`, image: `/image/${place}`, maps: `/maps.json?${query}` };
  });
}

/** The page of chosen images, whose links and scripts are addresses of the server still. */
export function staticImagesPage(
  sources: Sources,
  all: readonly ChosenImages[],
  shown: ChosenImages,
  files: readonly ImageFiles[],
): string {
  const names = sources.index.table();
  const nameOf = (run: string) =>
    names.columns[0]!.values[names.ids.indexOf(run)] || run.slice(0, 19).replace('T', ' ');
  const links = all.map(({ run, stage, page }) => {
    const text = `${nameOf(run)}, ${stage}`;
    return page === shown.page
      ? html`<strong>${text}</strong> `
      : html`<a href="${page}">${text}</a> `;
  });
  return renderFrame({
    title: 'Images',
    at: '/images',
    project: sources.project,
    isStatic: true,
    hasImages: true,
    data: { table: shown.table, files } satisfies StaticImages,
    scripts: ['gallery.js'],
    content: [
      html`<h1>Images</h1><p class="links">${links}</p>`,
      html`<div id="gallery"><p class="soft">Loading …</p></div>`,
    ],
  });
}
