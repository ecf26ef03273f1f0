import { render } from 'preact';
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import { csvLine } from '../../../csv.ts';
import type { KeptMap } from '../image-store.ts';
import type { ImageTable } from '../image-table.ts';
import { askedOf, type Cell, filterRows, sortRows, withCondition } from '../query.ts';
import { ask, asked } from './address.ts';

/** Pixels of a picture's place, and rows of them that are drawn beyond the edges. */
const side = 124;
const beyond = 3;
const bins = 20;
const mostClasses = 12;

const place = document.getElementById('gallery');
if (place !== null) load(place);

async function load(place: HTMLElement): Promise<void> {
  const answer = await fetch(place.dataset['from']!).catch(() => undefined);
  if (!answer?.ok) place.textContent = answer === undefined ? 'The server does not answer.' : await answer.text();
  else render(<Gallery table={await answer.json()} />, place);
}

type Cells = (name: string, row: number) => Cell;

/** The images that a query leaves, in an order; one of them large. The address holds all of it. */
function Gallery({ table }: { readonly table: ImageTable }) {
  const { columns, places } = table;
  const [view, setView] = useState({ q: asked('q'), sort: asked('sort'), at: asked('at'), pick: asked('pick') });
  const change = (part: Partial<typeof view>) => {
    ask(part as Record<string, string>);
    setView((before) => ({ ...before, ...part }));
  };
  const byName = useMemo(() => new Map(columns.map((column) => [column.name, column.values])), [table]);
  const cell: Cells = (name, row) => byName.get(name)?.[row] ?? null;
  const { rows, unknown } = useMemo(() => filterRows(columns, places.length, view.q), [table, view.q]);
  const sorted = useMemo(() => sortRows(rows, columns, view.sort), [rows, view.sort]);
  const picked = new Set(view.pick.split(',').filter(Boolean).map(Number));
  const pick = (row: number) => {
    if (!picked.delete(row)) picked.add(row);
    change({ pick: [...picked].join(',') });
  };
  const at = view.at === '' ? -1 : sorted.indexOf(Number(view.at));
  const open = (index: number) => change({ at: sorted[index] === undefined ? '' : String(sorted[index]) });
  const query = (q: string) => change({ q, at: '' });
  return (
    <>
      <Filters {...{ table, query }} q={view.q} sort={view.sort} sortBy={(sort) => change({ sort })} />
      <Overview {...{ table, cell, query }} q={view.q} />
      <Exported
        rows={picked.size > 0 ? [...picked] : sorted}
        {...{ cell }}
        isPicked={picked.size > 0}
        clear={() => change({ pick: '' })}
      >
        {sorted.length.toLocaleString('en')} of {places.length.toLocaleString('en')} images
        {unknown.length > 0 && `. There is no column ${unknown.join(', ')}.`}
      </Exported>
      <Grid key={`${view.q} ${view.sort}`} {...{ table, cell, picked, open, pick }} rows={sorted} />
      {at >= 0 && (
        <Viewer
          {...{ table, cell, at, open, pick }}
          row={sorted[at]!}
          count={sorted.length}
          isPicked={picked.has(sorted[at]!)}
        />
      )}
    </>
  );
}

interface FiltersProps {
  readonly table: ImageTable;
  readonly q: string;
  readonly sort: string;
  query(q: string): void;
  sortBy(sort: string): void;
}

/** The query as a line, its most usual conditions as choices, and the order. */
function Filters({ table: { columns, facets }, q, sort, query, sortBy }: FiltersProps) {
  const valuesOf = (name: string) => columns.find((column) => column.name === name)?.values;
  return (
    <form class="line" onSubmit={(event) => event.preventDefault()}>
      <label class="grow">
        Filter{' '}
        <input
          type="search"
          value={q}
          placeholder="split=test right=no score>0.9"
          onInput={({ currentTarget }) => query(currentTarget.value)}
        />
      </label>
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
      <label>
        Order{' '}
        <select value={sort} onChange={({ currentTarget }) => sortBy(currentTarget.value)}>
          <option value="">as in the file</option>
          {columns
            .filter(({ name }) => name.startsWith('score'))
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

interface OverviewProps {
  readonly table: ImageTable;
  readonly cell: Cells;
  readonly q: string;
  query(q: string): void;
}

/** The confusion matrix and the distribution of scores of what else is asked for; each cell and bin leads to its images. */
function Overview({ table, cell, q, query }: OverviewProps) {
  const base = ['class', 'predicted', 'right', 'score'].reduce((text, name) => withCondition(text, name, ''), q);
  const rows = useMemo(() => filterRows(table.columns, table.places.length, base).rows, [table, base]);
  if (!table.columns.some(({ name }) => name === 'predicted')) return null;
  return (
    <div class="overview">
      <Confusion
        {...{ rows, cell }}
        open={(of, as) => query(withCondition(withCondition(base, 'class', of), 'predicted', as))}
      />
      <Histogram
        {...{ rows, cell }}
        open={(low, high) =>
          query(`${withCondition(q, 'score', String(low), '>=')}${high < 1 ? ` score<${high}` : ''}`)
        }
      />
    </div>
  );
}

interface PartProps<Of> {
  readonly rows: readonly number[];
  readonly cell: Cells;
  open(from: Of, to: Of): void;
}

function Confusion({ rows, cell, open }: PartProps<string>) {
  const valuesOf = (name: string) => [...new Set(rows.map((row) => String(cell(name, row))))].sort();
  const [classes, called] = [valuesOf('class'), valuesOf('predicted')];
  const count = (of: string, as: string) =>
    rows.filter((row) => cell('class', row) === of && cell('predicted', row) === as).length;
  if (classes.length > mostClasses) return null;
  return (
    <table class="confusion card">
      <caption>Class by predicted class</caption>
      <thead>
        <tr>
          <td />
          {called.map((name) => (
            <th key={name} scope="col">
              {name}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {classes.map((of) => (
          <tr key={of}>
            <th scope="row">{of}</th>
            {called.map((as) => (
              <td key={as}>
                <button type="button" aria-label={`${count(of, as)}: ${of} called ${as}`} onClick={() => open(of, as)}>
                  {count(of, as)}
                </button>
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Histogram({ rows, cell, open }: PartProps<number>) {
  const counts = Array.from({ length: bins }, () => ({ yes: 0, no: 0 }));
  for (const row of rows) {
    const bin = counts[Math.min(bins - 1, Math.floor(Number(cell('score', row)) * bins))];
    if (bin !== undefined) bin[cell('right', row) === 'no' ? 'no' : 'yes'] += 1;
  }
  const most = Math.max(1, ...counts.map(({ yes, no }) => yes + no));
  return (
    <fieldset class="histogram card">
      <legend>
        Score, right <span class="key good" /> and wrong <span class="key bad" />
      </legend>
      {counts.map(({ yes, no }, bin) => (
        <button
          key={bin}
          type="button"
          title={`${bin / bins} to ${(bin + 1) / bins}: ${yes} right, ${no} wrong`}
          aria-label={`${bin / bins} to ${(bin + 1) / bins}, ${yes + no} images`}
          onClick={() => open(bin / bins, (bin + 1) / bins)}
        >
          <span class="bad" style={{ height: `${(64 * no) / most}px` }} />
          <span class="good" style={{ height: `${(64 * yes) / most}px` }} />
        </button>
      ))}
    </fieldset>
  );
}

interface ExportedProps {
  readonly rows: readonly number[];
  readonly cell: Cells;
  readonly isPicked: boolean;
  readonly children: unknown;
  clear(): void;
}

/** The list as `load-dataset` takes it: what was picked by hand, otherwise all that is shown. */
function Exported({ rows, cell, isPicked, children, clear }: ExportedProps) {
  const [told, setTold] = useState('');
  const text = () => {
    const line = (row: number) =>
      csvLine(
        [
          cell('path', row) ?? cell('key', row),
          cell('class', row),
          cell('split', row),
          cell('group', row),
          cell('source', row),
        ].map((value) => String(value ?? '')),
      );
    return `path,label,split,group,source\n${rows.map(line).join('')}`;
  };
  const copy = async () => {
    const done = await navigator.clipboard.writeText(text()).then(
      () => true,
      () => false,
    );
    setTold(done ? `Copied ${rows.length} lines.` : 'The browser does not allow copying: save it instead.');
  };
  const save = () => {
    const link = document.createElement('a');
    link.href = URL.createObjectURL(new Blob([text()], { type: 'text/csv' }));
    link.download = 'images.csv';
    link.click();
    URL.revokeObjectURL(link.href);
  };
  return (
    <p class="line small" role="status">
      <span>{children as string}</span>
      <button type="button" onClick={copy}>
        Copy {isPicked ? `${rows.length} picked` : 'these'} as CSV
      </button>
      <button type="button" onClick={save}>
        Save {isPicked ? `${rows.length} picked` : 'these'} as CSV
      </button>
      {isPicked && (
        <button type="button" onClick={clear}>
          Pick none
        </button>
      )}
      <span>{told}</span>
    </p>
  );
}

interface GridProps {
  readonly table: ImageTable;
  readonly rows: readonly number[];
  readonly cell: Cells;
  readonly picked: ReadonlySet<number>;
  open(index: number): void;
  pick(row: number): void;
}

const steps: Readonly<Record<string, (columns: number) => number>> = {
  ArrowLeft: () => -1,
  ArrowRight: () => 1,
  ArrowUp: (columns) => -columns,
  ArrowDown: (columns) => columns,
  PageUp: (columns) => -4 * columns,
  PageDown: (columns) => 4 * columns,
  Home: () => Number.NEGATIVE_INFINITY,
  End: () => Number.POSITIVE_INFINITY,
};

/** Thumbnails; those out of sight are not there. Arrow keys move, Enter opens, P picks. */
function Grid({ table, rows, cell, picked, open, pick }: GridProps) {
  const box = useRef<HTMLDivElement>(null);
  const [seen, setSeen] = useState({ top: 0, height: 600, width: 1000 });
  const [current, setCurrent] = useState(0);
  useLayoutEffect(() => {
    const look = () => {
      const { scrollTop, clientHeight, clientWidth } = box.current!;
      setSeen({ top: scrollTop, height: clientHeight, width: clientWidth });
    };
    look();
    const watch = new ResizeObserver(look);
    watch.observe(box.current!);
    return () => watch.disconnect();
  }, []);
  const columns = Math.max(1, Math.floor(seen.width / side));
  const lines = Math.ceil(rows.length / columns);
  const first = Math.max(0, Math.floor(seen.top / side) - beyond);
  const last = Math.min(lines, Math.ceil((seen.top + seen.height) / side) + beyond);
  const onKey = (event: KeyboardEvent) => {
    const step = steps[event.key];
    if (event.key === 'Enter') open(current);
    else if (event.key === 'p') pick(rows[current]!);
    else if (step !== undefined) {
      const next = Math.max(0, Math.min(rows.length - 1, current + step(columns)));
      setCurrent(next);
      const top = Math.floor(next / columns) * side;
      const { scrollTop, clientHeight } = box.current!;
      if (top < scrollTop) box.current!.scrollTop = top;
      if (top + side > scrollTop + clientHeight) box.current!.scrollTop = top + side - clientHeight;
    } else return;
    event.preventDefault();
  };
  return (
    <div
      class="grid card"
      ref={box}
      role="listbox"
      tabIndex={0}
      aria-label="Images: arrow keys move, Enter opens, P picks"
      aria-activedescendant={rows.length > 0 ? `image-${current}` : undefined}
      onKeyDown={onKey}
      onScroll={({ currentTarget }) => setSeen({ ...seen, top: currentTarget.scrollTop })}
    >
      <div style={{ height: `${lines * side}px` }} role="presentation">
        {rows.slice(first * columns, last * columns).map((row, offset) => {
          const index = first * columns + offset;
          const show = () => {
            setCurrent(index);
            open(index);
          };
          const state = { isCurrent: index === current, isPicked: picked.has(row) };
          return <Thumbnail key={row} {...{ table, cell, row, index, columns, show }} {...state} />;
        })}
      </div>
    </div>
  );
}

interface ThumbnailProps {
  readonly table: ImageTable;
  readonly cell: Cells;
  readonly row: number;
  readonly index: number;
  readonly columns: number;
  readonly isCurrent: boolean;
  readonly isPicked: boolean;
  show(): void;
}

function Thumbnail({ table, cell, row, index, columns, isCurrent, isPicked, show }: ThumbnailProps) {
  const [x, y] = [(index % columns) * side, Math.floor(index / columns) * side];
  const isWrong = cell('right', row) === 'no';
  const score = cell('score', row) === null ? undefined : Number(cell('score', row)).toFixed(3);
  const called = isWrong ? `, wrongly ${cell('predicted', row)}` : '';
  const name = `${cell('key', row)}, ${cell('class', row) ?? ''}${called}${score === undefined ? '' : `, ${score}`}`;
  return (
    // biome-ignore lint/a11y/useFocusableInteractive lint/a11y/useKeyWithClickEvents: the list has the focus and the keys
    <div
      id={`image-${index}`}
      role="option"
      aria-selected={isPicked}
      aria-label={name}
      title={name}
      class={`${isCurrent ? 'current ' : ''}${isWrong ? 'wrong' : ''}`}
      style={{ transform: `translate(${x}px, ${y}px)` }}
      onClick={show}
    >
      <Picture {...{ table, cell, row }} form="thumb" />
      {score !== undefined && <small>{score}</small>}
    </div>
  );
}

function Picture({
  table,
  cell,
  row,
  form,
}: {
  readonly table: ImageTable;
  readonly cell: Cells;
  readonly row: number;
  readonly form: 'thumb' | 'image';
}) {
  const place = table.places[row]!;
  if (place < 0 || table.dataset === undefined) return <span class="missing">no image</span>;
  const src = `/${form}/${table.dataset}/${encodeURIComponent(String(cell('split', row)))}/${place}`;
  return (
    <img
      src={src}
      alt={form === 'thumb' ? '' : String(cell('key', row))}
      decoding="async"
      fetchpriority={form === 'thumb' ? 'auto' : 'high'}
    />
  );
}

interface ViewerProps {
  readonly table: ImageTable;
  readonly cell: Cells;
  readonly row: number;
  readonly at: number;
  readonly count: number;
  readonly isPicked: boolean;
  open(index: number): void;
  pick(row: number): void;
}

/** One image with its facts and maps. Arrow keys go on, Escape closes. */
function Viewer({ table, cell, row, at, count, isPicked, open, pick }: ViewerProps) {
  const box = useRef<HTMLDialogElement>(null);
  const maps = useMaps(cell, row);
  const [blend, setBlend] = useState(asked('blend') === '' ? 0 : Number(asked('blend')));
  useEffect(() => box.current!.showModal(), []);
  const blended = (value: number) => {
    ask({ blend: value === 0 ? '' : String(value) });
    setBlend(value);
  };
  const onKey = (event: KeyboardEvent) => {
    if (event.target instanceof HTMLInputElement) return;
    if (event.key === 'ArrowLeft' && at > 0) open(at - 1);
    else if (event.key === 'ArrowRight' && at < count - 1) open(at + 1);
    else if (event.key === 'p') pick(row);
    else return;
    event.preventDefault();
  };
  const facts = table.columns.filter(({ values }) => values[row] !== null);
  return (
    <dialog ref={box} class="viewer" aria-label={String(cell('key', row))} onClose={() => open(-1)} onKeyDown={onKey}>
      <p class="line">
        <button type="button" disabled={at === 0} onClick={() => open(at - 1)}>
          ← Previous
        </button>
        <button type="button" disabled={at === count - 1} onClick={() => open(at + 1)}>
          Next →
        </button>
        <span>
          {at + 1} of {count}
        </span>
        <button type="button" aria-pressed={isPicked} onClick={() => pick(row)}>
          {isPicked ? 'Picked' : 'Pick'}
        </button>
        {maps.length > 0 && (
          <label>
            Blend{' '}
            <input
              type="range"
              min="0"
              max="1"
              step="0.1"
              value={blend}
              onInput={({ currentTarget }) => blended(Number(currentTarget.value))}
            />
          </label>
        )}
        <button type="button" onClick={() => box.current!.close()}>
          Close
        </button>
      </p>
      <Pictures {...{ table, cell, row, maps, blend }} />
      {maps.length === 0 && (
        <p class="soft small">
          No stage kept a map of this image. One of any picture: <code>restage explain-image</code>
        </p>
      )}
      <dl class="facts">
        {facts.map(({ name, values }) => [<dt key={name}>{name}</dt>, <dd key={`${name}=`}>{String(values[row])}</dd>])}
      </dl>
    </dialog>
  );
}

interface PicturesProps {
  readonly table: ImageTable;
  readonly cell: Cells;
  readonly row: number;
  readonly maps: readonly KeptMap[];
  /** How much of each map lies over the image; 0: beside it. */
  readonly blend: number;
}

function Pictures({ table, cell, row, maps, blend }: PicturesProps) {
  return (
    <div class="pictures">
      {(maps.length === 0 || blend === 0) && (
        <figure>
          <Picture {...{ table, cell, row }} form="image" />
          <figcaption>{String(cell('path', row) ?? cell('key', row))}</figcaption>
        </figure>
      )}
      {maps.map(({ label, src }) => (
        <figure key={src}>
          <div class="stacked">
            {blend > 0 && <Picture {...{ table, cell, row }} form="image" />}
            <img src={src} alt={label} style={blend > 0 ? { opacity: blend } : {}} />
          </div>
          <figcaption>{label}</figcaption>
        </figure>
      ))}
    </div>
  );
}

/** The maps of an image in the run of the page, and in that of the model beside it. */
function useMaps(cell: Cells, row: number): readonly KeptMap[] {
  const [maps, setMaps] = useState<readonly KeptMap[]>([]);
  useEffect(() => {
    let isOver = false;
    const other = asked('other').split(':')[0]!;
    const own = `${place!.dataset['maps']}`;
    const runs = [own, ...(other === '' || own.endsWith(other) ? [] : [`/maps.json?run=${other}`])];
    const query = new URLSearchParams({ split: String(cell('split', row)), key: String(cell('key', row)) });
    Promise.all(runs.map((run) => fetch(`${run}&${query}`).then((answer) => (answer.ok ? answer.json() : []))))
      .then((all) => isOver || setMaps([...new Map(all.flat().map((map: KeptMap) => [map.src, map])).values()]))
      .catch(() => isOver || setMaps([]));
    return () => {
      isOver = true;
    };
  }, [row]);
  return maps;
}
