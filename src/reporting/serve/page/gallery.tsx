import { render } from 'preact';
import { useMemo } from 'preact/hooks';
import { shellQuote } from '../../../shell/shell-quote.ts';
import { askedOf, filterRows, sortRows, withCondition } from '../filter-query.ts';
import type { ImageTable } from '../gallery-table.ts';
import { parseQuery } from '../parse-query.ts';
import type { StaticImages } from '../static-images.ts';
import { ask, wasOpenedHere } from './address.ts';
import { Exported } from './export-list.tsx';
import { FilterField } from './filter-field.tsx';
import type { Cells } from './gallery-cells.ts';
import { GalleryMap } from './gallery-map.tsx';
import { Overview } from './gallery-overview.tsx';
import { Grid } from './image-grid.tsx';
import { useImageMap, useLassoed, useNearest } from './image-map.ts';
import { TagField, useTagging } from './image-tags.tsx';
import { Viewer } from './image-viewer.tsx';
import { isStatic } from './links.ts';
import { picksIn, picksText } from './picked-rows.ts';
import { ShareMenu } from './share-menu.tsx';
import { useView } from './use-view.ts';

const container = document.getElementById('gallery');

async function load(container: HTMLElement): Promise<void> {
  if (isStatic) {
    const { table, files }: StaticImages = JSON.parse(
      document.getElementById('page-data')!.textContent,
    );
    container.replaceChildren();
    render(<Gallery table={{ ...table, files }} />, container);
    return;
  }
  const answer = await fetch(container.dataset['from']!).catch(() => undefined);
  if (!answer?.ok)
    container.textContent =
      answer === undefined ? 'The server does not answer.' : await answer.text();
  else {
    const table: ImageTable = await answer.json();
    beginWithTest(table);
    container.replaceChildren();
    render(<Gallery table={table} />, container);
  }
}

/** Scores on the test split come first: pooled with others they say nothing about new images. */
function beginWithTest({ columns, scored }: ImageTable): void {
  const splits = new Set(columns.find(({ name }) => name === 'split')?.values);
  const isAsked = new URLSearchParams(location.search).has('q');
  if (scored !== undefined && !isAsked && splits.size > 1 && splits.has('test'))
    ask({ q: 'split=test' });
}

const { run = '', planes = '[]' } = container?.dataset ?? {};
/** The stages of the run that made a map of images. */
const maps: readonly string[] = JSON.parse(planes);

const viewNames = ['q', 'sort', 'at', 'pick', 'map', 'layout', 'colour', 'lasso', 'near'] as const;

const valuesByName = ({ columns }: ImageTable) =>
  new Map(columns.map((column) => [column.name, column.values]));

/** The rows that a gallery shows, and what decides them besides its filter. */
function useShownRows(table: ImageTable, view: ShownView) {
  const { columns, indexes } = table;
  const valuesOf = (name: string) => columns.find((column) => column.name === name)?.values;
  const splits = valuesOf('split');
  const keys = valuesOf('key');
  // Tags make a new table of the same images, whose map stays.
  const names = useMemo(() => ({ splits: splits ?? [], keys: keys ?? [] }), [splits, keys]);
  const mapName = view.map === '' ? (maps[0] ?? '') : view.map;
  const map = useImageMap(run, maps.includes(mapName) ? mapName : '', names);
  const lassoed = useLassoed(map, view.lasso);
  const nearest = useNearest(run, map, view.near);
  const { rows, unknown } = useMemo(
    () => filterRows(columns, indexes.length, view.q),
    [table, view.q],
  );
  const sorted = useMemo(() => {
    if (nearest !== undefined) return nearest;
    const left = lassoed === undefined ? rows : rows.filter((row) => lassoed.has(row));
    return sortRows(left, columns, view.sort);
  }, [rows, view.sort, lassoed, nearest]);
  return { map, lassoed, nearest, unknown, sorted };
}

/** What of a view decides the rows. */
type ShownView = Readonly<Record<'q' | 'sort' | 'map' | 'lasso' | 'near', string>>;

/** What the rows are, where a map decided them. */
function whyShown({
  nearest,
  lassoed,
}: {
  readonly nearest: readonly number[] | undefined;
  readonly lassoed: ReadonlySet<number> | undefined;
}): string {
  if (nearest !== undefined) return ': one, and those nearest to it in the features';
  return lassoed === undefined ? '' : ', in the lasso';
}

/** The picks that an address names, which may be older than the table. */
const pickedOf = (text: string, { indexes }: ImageTable): ReadonlySet<number> =>
  new Set(picksIn(text).filter((row) => indexes[row] !== undefined));

/** The picks with these rows, or without them where all of them are picked. */
function flipped(picked: ReadonlySet<number>, rows: readonly number[]): readonly number[] {
  if (rows.some((row) => !picked.has(row))) return [...new Set([...picked, ...rows])];
  const dropped = new Set(rows);
  return [...picked].filter((row) => !dropped.has(row));
}

/**
 * The images that meet a query, sorted, and one of them large. The address holds the whole state.
 */
function Gallery({ table: loaded }: { readonly table: ImageTable }) {
  const [table, tagging] = useTagging(loaded);
  const { columns, indexes } = table;
  const { view, change, adjust, open } = useView(...viewNames);
  const byName = useMemo(() => valuesByName(table), [table]);
  const cell: Cells = (name, row) => byName.get(name)?.[row] ?? null;
  const { map, lassoed, nearest, unknown, sorted } = useShownRows(table, view);
  const picked = pickedOf(view.pick, table);
  const pick = (rows: readonly number[]) => adjust({ pick: picksText(flipped(picked, rows)) });
  const marks = { pick, tag: tagging.flip };
  const at = view.at === '' ? -1 : sorted.indexOf(Number(view.at));
  const atRow = (index: number) => ({ at: String(sorted[index]) });
  const close = () => (wasOpenedHere() ? history.back() : adjust({ at: '' }));
  const query = (q: string) => change({ q, at: '' });
  return (
    <>
      <Filters
        table={table}
        query={query}
        type={(q) => adjust({ q, at: '' })}
        q={view.q}
        sort={view.sort}
        sortBy={(sort) => change({ sort })}
      />
      <Overview table={table} cell={cell} query={query} q={view.q} />
      <Exported
        rows={picked.size > 0 ? [...picked] : sorted}
        cell={cell}
        isPicked={picked.size > 0}
        pickAll={() => pick(sorted)}
        clear={() => adjust({ pick: '' })}
        slices={columns}
        lassoed={lassoed}
        further={<Share view={view} picked={picked} isSecond={byName.has('score2')} />}
      >
        {sorted.length.toLocaleString('en')} of {indexes.length.toLocaleString('en')} images
        {whyShown({ nearest, lassoed })}
        {unknown.length > 0 && `. There is no column ${unknown.join(', ')}.`}
      </Exported>
      <TagField tagging={tagging} picked={[...picked]} />
      <div class={typeof map === 'object' && map.placed > 0 ? 'with-map' : ''}>
        <GalleryMap
          maps={maps}
          map={map}
          table={table}
          cell={cell}
          view={view}
          rows={sorted}
          change={change}
          narrow={(name, value) => query(withCondition(view.q, name, value))}
        />
        {sorted.length > 0 && (
          <Grid
            key={`${view.q} ${view.sort} ${view.lasso} ${view.near}`}
            table={table}
            cell={cell}
            picked={picked}
            open={(index) => open(atRow(index))}
            rows={sorted}
            {...marks}
          />
        )}
      </div>
      {at >= 0 && (
        <Viewer
          table={table}
          cell={cell}
          at={at}
          turn={(index) => adjust(atRow(index))}
          close={close}
          row={sorted[at]!}
          {...marks}
          count={sorted.length}
          isPicked={picked.has(sorted[at]!)}
        />
      )}
    </>
  );
}

interface ShareProps {
  readonly view: ShownView;
  readonly picked: ReadonlySet<number>;
  /** Whether the scores of a second model stand beside. */
  readonly isSecond: boolean;
}

/** How the images that a filter leaves become a folder. */
function Share({ view: { q, lasso, near }, picked, isSecond }: ShareProps) {
  if (isStatic) return null;
  const isFilter = q !== '' && lasso + near === '' && picked.size === 0 && !isSecond;
  return (
    <ShareMenu
      command={isFilter ? `restage report --runs ${run} --images ${shellQuote(q)} --to images` : ''}
      what="this run and the images that the filter leaves, with their maps,"
      how="A folder takes what a filter of one model leaves, at most 2,000 images. Picked images can be saved as CSV."
    />
  );
}

interface CheckProps {
  readonly table: ImageTable;
  readonly q: string;
  /** The column that has `yes` for some images. */
  readonly name: string;
  readonly noun: string;
  readonly title: string;
  query(q: string): void;
}

/** A box for the images that have `yes` in a column; nothing where there is none. */
function YesBox({ table: { columns, indexes }, q, name, noun, title, query }: CheckProps) {
  const count = useMemo(
    () => filterRows(columns, indexes.length, withCondition(q, name, 'yes')).rows.length,
    [columns, q],
  );
  const isAsked = askedOf(q, name) === 'yes';
  if (!columns.some((column) => column.name === name) || (count === 0 && !isAsked)) return null;
  return (
    <label title={title}>
      <input
        type="checkbox"
        checked={isAsked}
        onChange={({ currentTarget }) =>
          query(withCondition(q, name, currentTarget.checked ? 'yes' : ''))
        }
      />{' '}
      {count} {noun}
    </label>
  );
}

interface FiltersProps {
  readonly table: ImageTable;
  readonly q: string;
  readonly sort: string;
  /** Asks for a chosen condition. */
  query(q: string): void;
  /** Asks for a query while it is typed. */
  type(q: string): void;
  sortBy(sort: string): void;
}

/** The query as a line of text, its usual conditions as choices, and the order. */
function Filters({ table, q, sort, query, type, sortBy }: FiltersProps) {
  const { columns, facets } = table;
  const valuesOf = (name: string) => columns.find((column) => column.name === name)?.values;
  const asked = { table, q, query };
  return (
    <form class="line" onSubmit={(event) => event.preventDefault()}>
      <FilterField
        q={q}
        query={type}
        example="split=test right=no score>0.9"
        columns={columns}
        problem={parseQuery(q).problem}
      />
      {facets.map((name) => (
        <label key={name}>
          {name}{' '}
          <select
            value={askedOf(q, name)}
            onChange={({ currentTarget }) => query(withCondition(q, name, currentTarget.value))}
          >
            <option value="">any</option>
            {[...new Set(valuesOf(name))]
              .filter((value) => value !== null)
              .map((value) => (
                <option key={String(value)}>{String(value)}</option>
              ))}
          </select>
        </label>
      ))}
      <YesBox
        name="suspect"
        noun="suspect labels"
        title="Labels that the scores contradict: those of images that no model was trained on"
        {...asked}
      />
      <YesBox
        name="disagree"
        noun="disagreements"
        title="Images that the two models call differently"
        {...asked}
      />
      <label>
        Order{' '}
        <select value={sort} onChange={({ currentTarget }) => sortBy(currentTarget.value)}>
          <option value="">as in the file</option>
          {columns
            .filter(({ name }) => /^(score|difference)/.test(name))
            .flatMap(({ name }) => [
              <option key={name} value={name}>
                {name}, lowest first
              </option>,
              <option key={`-${name}`} value={`-${name}`}>
                {name}, highest first
              </option>,
            ])}
        </select>
      </label>
    </form>
  );
}

if (container !== null) load(container);
