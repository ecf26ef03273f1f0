import { useEffect, useRef, useState } from 'preact/hooks';
import { colourMap } from '../../../learning/vision/colour-map.ts';
import type { KeptMap } from '../gallery-images.ts';
import type { ImageTable } from '../gallery-table.ts';
import { queryValue } from './address.ts';
import type { Cells, TableProps } from './gallery-cells.ts';
import { Picture } from './picture.tsx';
import { useView } from './use-view.ts';

/** Which image of how many is open, and how to turn to another. */
interface StepsProps {
  readonly at: number;
  readonly count: number;
  turn(index: number): void;
}

interface ViewerProps extends TableProps, StepsProps {
  readonly row: number;
  readonly isPicked: boolean;
  pick(rows: readonly number[]): void;
  /** Puts the tag on these rows, or takes it off; absent where the pages can only be read. */
  readonly tag: ((rows: readonly number[]) => void) | undefined;
  close(): void;
}

/** One image with its facts and maps. Arrow keys lead to its neighbours, Escape closes. */
export function Viewer(props: ViewerProps) {
  const { table, cell, row, at, count, isPicked, turn, pick, tag, close } = props;
  const box = useRef<HTMLDialogElement>(null);
  const maps = useMaps(table, cell, row);
  const { view, adjust } = useView('blend', 'zoom');
  useEffect(() => box.current!.showModal(), []);
  const onKey = (event: KeyboardEvent) => {
    if (event.target instanceof HTMLInputElement) return;
    if (event.key === 'ArrowLeft' && at > 0) turn(at - 1);
    else if (event.key === 'ArrowRight' && at < count - 1) turn(at + 1);
    else if (event.key === 'p') pick([row]);
    else if (event.key === 't' && tag !== undefined) tag([row]);
    else return;
    event.preventDefault();
  };
  const facts = table.columns.filter(({ values }) => values[row] !== null);
  return (
    <dialog
      ref={box}
      class="viewer card"
      aria-label={String(cell('key', row))}
      onClose={close}
      onKeyDown={onKey}
    >
      <p class="line">
        <Steps at={at} count={count} turn={turn} />
        <button type="button" aria-pressed={isPicked} onClick={() => pick([row])}>
          {isPicked ? 'Picked' : 'Pick'}
        </button>
        {maps.length > 0 && <Blend blend={view.blend} set={(value) => adjust({ blend: value })} />}
        <Zoom zoom={view.zoom} set={(zoom) => adjust({ zoom })} />
        <button type="button" onClick={() => box.current!.close()}>
          Close
        </button>
      </p>
      <div class="opened">
        <div>
          <Pictures
            table={table}
            cell={cell}
            row={row}
            maps={maps}
            blend={Number(view.blend) || 0}
            zoom={Number(view.zoom) || 0}
          />
          <MapColours isShown={maps.length > 0} />
        </div>
        <dl class="facts">
          {facts.map(({ name, values }) => [
            <dt key={name}>{name}</dt>,
            <dd key={`${name}=`}>{String(values[row])}</dd>,
          ])}
        </dl>
      </div>
    </dialog>
  );
}

/** What the colours of maps mean, or how to make a map. */
const MapColours = ({ isShown }: { readonly isShown: boolean }) =>
  isShown ? (
    <p class="soft small">
      Maps: least <span class="ramp" style={{ background: ramp }} /> most, each on its own scale
    </p>
  ) : (
    <p class="soft small">
      No stage kept a map of this image. To make one: <code>restage explain-image</code>
    </p>
  );

const ramp = `linear-gradient(90deg, ${Array.from({ length: 9 }, (_, i) => {
  const [red, green, blue] = colourMap('viridis')(i / 8);
  return `rgb(${red}, ${green}, ${blue})`;
}).join()})`;

function Steps({ at, count, turn }: StepsProps) {
  return (
    <>
      <button type="button" disabled={at === 0} onClick={() => turn(at - 1)}>
        ← Previous
      </button>
      <button type="button" disabled={at === count - 1} onClick={() => turn(at + 1)}>
        Next →
      </button>
      <span>
        {at + 1} of {count}
      </span>
    </>
  );
}

/** The opacity of a map over its image; empty, thus 0, shows it beside the image. */
function Blend({ blend, set }: { readonly blend: string; set(value: string): void }) {
  return (
    <label>
      Blend{' '}
      <input
        type="range"
        min="0"
        max="1"
        step="0.1"
        value={Number(blend) || 0}
        onInput={({ currentTarget }) => set(currentTarget.value === '0' ? '' : currentTarget.value)}
      />
    </label>
  );
}

/** The pixels of the screen for one of a picture; empty: as many as there is room for. */
function Zoom({ zoom, set }: { readonly zoom: string; set(value: string): void }) {
  return (
    <label>
      Zoom{' '}
      <select value={zoom} onChange={({ currentTarget }) => set(currentTarget.value)}>
        <option value="">fit</option>
        <option value="1">1 : 1</option>
        <option value="2">2 : 1</option>
        <option value="4">4 : 1</option>
        <option value="8">8 : 1</option>
      </select>
    </label>
  );
}

/** Scrolls all other pictures to the same place. */
function scrollTogether({ target, currentTarget }: Event): void {
  const { scrollLeft, scrollTop } = target as HTMLElement;
  for (const box of (currentTarget as HTMLElement).querySelectorAll('.pane')) {
    if (box === target) continue;
    box.scrollLeft = scrollLeft;
    box.scrollTop = scrollTop;
  }
}

/** Drags enlarged pictures, where a finger scrolls them anyway. */
function drag(event: PointerEvent): void {
  const pane = (event.target as Element).closest('.pane');
  if (pane === null || event.pointerType === 'touch' || event.button !== 0) return;
  event.preventDefault();
  const from = { x: event.clientX + pane.scrollLeft, y: event.clientY + pane.scrollTop };
  const move = ({ clientX, clientY }: PointerEvent) => {
    pane.scrollLeft = from.x - clientX;
    pane.scrollTop = from.y - clientY;
  };
  addEventListener('pointermove', move);
  addEventListener('pointerup', () => removeEventListener('pointermove', move), { once: true });
}

interface PicturesProps extends TableProps {
  readonly row: number;
  readonly maps: readonly KeptMap[];
  /** The opacity of each map over the image; 0 shows it beside the image. */
  readonly blend: number;
  /** Pixels of the screen for one of a picture; 0: as many as there is room for. */
  readonly zoom: number;
}

function Pictures({ table, cell, row, maps, blend, zoom }: PicturesProps) {
  return (
    <div
      class={zoom > 0 ? 'pictures zoomed' : 'pictures'}
      style={zoom > 0 ? { '--zoom': String(zoom) } : {}}
      onScrollCapture={scrollTogether}
      onPointerDown={zoom > 0 ? drag : undefined}
    >
      <figure>
        <div class="pane">
          <Picture table={table} cell={cell} row={row} form="image" />
        </div>
        <figcaption>{String(cell('path', row) ?? cell('key', row))}</figcaption>
      </figure>
      {maps.map(({ label, src }) => (
        <figure key={src}>
          <div class="stacked pane">
            {blend > 0 && <Picture table={table} cell={cell} row={row} form="image" />}
            <img src={src} alt={label} style={blend > 0 ? { opacity: blend } : {}} />
          </div>
          <figcaption>{label}</figcaption>
        </figure>
      ))}
    </div>
  );
}

/** The maps of an image in the run of the page, and in that of the model beside it. */
function useMaps(table: ImageTable, cell: Cells, row: number): readonly KeptMap[] {
  const [maps, setMaps] = useState<readonly KeptMap[]>([]);
  useEffect(() => {
    if (table.files !== undefined) {
      setMaps(table.files[row]!.maps);
      return;
    }
    let isOver = false;
    const other = queryValue('other').split(':')[0]!;
    const ownMaps = document.getElementById('gallery')!.dataset['maps']!;
    const runs = [
      ownMaps,
      ...(other === '' || ownMaps.endsWith(other)
        ? []
        : [`/maps.json?run=${encodeURIComponent(other)}`]),
    ];
    const query = new URLSearchParams({
      split: String(cell('split', row)),
      key: String(cell('key', row)),
    });
    Promise.all(
      runs.map((run) =>
        fetch(`${run}&${query}`).then((answer) => (answer.ok ? answer.json() : [])),
      ),
    )
      .then(
        (all) =>
          isOver ||
          setMaps([...new Map(all.flat().map((map: KeptMap) => [map.src, map])).values()]),
      )
      .catch(() => isOver || setMaps([]));
    return () => {
      isOver = true;
    };
  }, [row]);
  return maps;
}
