import type { ComponentChildren } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import { toDigits } from '../../../format-numbers.ts';
import type { TableProps } from './gallery-cells.ts';
import type { ImageLayout, ImageMap } from './image-map.ts';
import { MapCanvas } from './map-canvas.tsx';
import { Picture } from './picture.tsx';
import { type PointColours, pointColours, scaleColours } from './point-colours.ts';
import { formatLoop, type Place, parseLoop } from './point-index.ts';

/**
 * What the address says of a map: its stage and layout, the column of colours, a loop, and an
 * image.
 */
export interface MapView {
  readonly map: string;
  readonly layout: string;
  readonly colour: string;
  readonly lasso: string;
  readonly near: string;
}

/** What a gallery shows, and how a map changes it. */
export interface MapChoice {
  readonly view: MapView;
  /** The rows that the gallery shows. */
  readonly rows: readonly number[];
  change(part: Partial<MapView>): void;
  /** Asks for a value of a column. */
  narrow(name: string, value: string): void;
}

interface MapPanelProps extends TableProps, MapChoice {
  readonly map: ImageMap;
  readonly children: ComponentChildren;
}

/** The images of a gallery as points: those that it shows in colour, all others faint. */
export function MapPanel(props: MapPanelProps) {
  const { table, map, view, rows, change, narrow, children } = props;
  const [isLasso, setIsLasso] = useState(false);
  const [hovered, setHovered] = useState<Hovered>();
  const layout = map.layouts.find(({ name }) => name === view.layout) ?? map.layouts[0]!;
  const names = colourNames(table);
  const by = names.includes(view.colour) ? view.colour : (names[0] ?? '');
  const total = table.indexes.length;
  const colours = useMemo(
    () =>
      pointColours(
        table.columns.find(({ name }) => name === by),
        total,
        table.scored?.classes ?? [],
      ),
    [table, by],
  );
  const counts = useMemo(() => {
    const flags = new Uint8Array(total);
    for (const row of rows) flags[row] = 1;
    return flags;
  }, [table, rows]);
  const parsed = parseLoop(view.lasso);
  return (
    <section class="map card" aria-label="Map of the images">
      <MapCanvas
        index={layout.index}
        colours={colours.colours}
        counts={counts}
        loop={parsed?.layout === layout.name ? parsed.loop : undefined}
        ringed={hovered?.row ?? (view.near === '' ? undefined : Number(view.near))}
        isLasso={isLasso}
        lasso={(loop) => change({ lasso: formatLoop(layout.name, loop), near: '' })}
        choose={(row) => row !== undefined && change({ near: String(row), lasso: '' })}
        hover={(row, at) => {
          if (row !== hovered?.row) setHovered(row === undefined ? undefined : { row, at });
        }}
      >
        {children}
        <Choice
          label="Layout"
          value={layout.name}
          options={map.layouts.map(({ name, title }) => [name, title])}
          choose={(name) => change({ layout: name })}
        />
        <Choice
          label="Colour"
          value={by}
          options={names.map((name) => [name, name])}
          choose={(name) => change({ colour: name })}
        />
        <button type="button" aria-pressed={isLasso} onClick={() => setIsLasso(!isLasso)}>
          Lasso
        </button>
        {view.lasso + view.near !== '' && (
          <button type="button" onClick={() => change({ lasso: '', near: '' })}>
            Clear the selection
          </button>
        )}
      </MapCanvas>
      {hovered !== undefined && <Hint {...props} {...hovered} by={by} />}
      <Legend colours={colours} by={by} narrow={narrow} />
      <Trust layout={layout} map={map} total={total} />
    </section>
  );
}

/** The columns by which points can be coloured: few values, groups, and numbers. */
const colourNames = ({ columns, facets }: TableProps['table']): readonly string[] =>
  columns
    .filter(
      ({ name, values }) =>
        facets.includes(name) ||
        (name === 'group' && values.some((value) => value !== null)) ||
        values.some((value) => typeof value === 'number'),
    )
    .map(({ name }) => name)
    .sort((a, b) => Number(b === 'class') - Number(a === 'class'));

interface ChoiceProps {
  readonly label: string;
  readonly value: string;
  readonly options: readonly (readonly [value: string, text: string])[];
  choose(value: string): void;
}

const Choice = ({ label, value, options, choose }: ChoiceProps) => (
  <label>
    {label}{' '}
    <select value={value} onChange={({ currentTarget }) => choose(currentTarget.value)}>
      {options.map(([name, text]) => (
        <option key={name} value={name}>
          {text}
        </option>
      ))}
    </select>
  </label>
);

/** A row under the pointer, and where the pointer is. */
interface Hovered {
  readonly row: number;
  readonly at: Place;
}

/** The image under the pointer. */
function Hint({ table, cell, row, at, by }: TableProps & Hovered & { readonly by: string }) {
  const facts = ['split', 'class', 'predicted', by].filter(
    (name, i, all) => all.indexOf(name) === i && cell(name, row) !== null,
  );
  const style = {
    left: `${Math.min(at[0] + 14, innerWidth - 200)}px`,
    top: `${Math.min(at[1] + 14, innerHeight - 220)}px`,
  };
  return (
    <div class="hint card" style={style} aria-hidden="true">
      <Picture table={table} cell={cell} row={row} form="thumb" />
      <div class="small">{String(cell('key', row))}</div>
      {facts.map((name) => (
        <div class="small" key={name}>
          <span class="soft">{name}</span> {String(cell(name, row))}
        </div>
      ))}
    </div>
  );
}

interface LegendProps {
  readonly colours: PointColours;
  readonly by: string;
  narrow(name: string, value: string): void;
}

/** What colours mean. A click on a value filters by it. */
function Legend({ colours: { entries, others, range }, by, narrow }: LegendProps) {
  return (
    <p class="legend small">
      {range !== undefined && (
        <>
          {toDigits(range[0], 3)}{' '}
          <span
            class="ramp"
            style={{ background: `linear-gradient(90deg, ${scaleColours.join()})` }}
          />{' '}
          {toDigits(range[1], 3)}
        </>
      )}
      {entries.map(({ name, colour, images }) => (
        <button type="button" key={name} onClick={() => narrow(by, name)}>
          <span class="swatch" style={{ background: colour }} /> {name}{' '}
          <span class="soft">{images.toLocaleString('en')}</span>
        </button>
      ))}
      {others > 0 && (
        <span class="soft">
          {others.toLocaleString('en')} {entries.length > 0 ? 'others' : 'without a value'}
        </span>
      )}
    </p>
  );
}

interface TrustProps {
  readonly layout: ImageLayout;
  readonly map: ImageMap;
  readonly total: number;
}

/** How far a layout can be trusted, and what its axes are. */
const Trust = ({ layout, map, total }: TrustProps) => (
  <div class="small soft">
    <ul>
      {layout.measures.map(({ name, value }) => (
        <li key={name}>
          {name}: {value}
        </li>
      ))}
      {map.placed < total && (
        <li>
          {(total - map.placed).toLocaleString('en')} of {total.toLocaleString('en')} images are not
          on the map
        </li>
      )}
    </ul>
    {layout.axes === undefined
      ? 'Only neighbourhoods mean something here: neither directions, nor sizes, nor distances between groups do.'
      : `Across: ${layout.axes[0]}. Up: ${layout.axes[1]}.`}
  </div>
);
