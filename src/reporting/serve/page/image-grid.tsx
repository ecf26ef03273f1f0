import { useLayoutEffect, useState } from 'preact/hooks';
import { formatDecimal } from '../../../format-numbers.ts';
import { itemsOf } from '../filter-query.ts';
import type { TableProps } from './gallery-cells.ts';
import { Picture } from './picture.tsx';
import { drawnRows, useSeenInPage } from './use-view.ts';

/** About how many pixels the square for a picture has; it grows and shrinks to fill the line. */
const usualSide = 124;

interface GridProps extends TableProps {
  readonly rows: readonly number[];
  readonly picked: ReadonlySet<number>;
  open(index: number): void;
  /** Picks these rows, or drops them where all of them are picked. */
  pick(rows: readonly number[]): void;
  /** Puts the tag on these rows, or takes it off; absent where the pages can only be read. */
  readonly tag: ((rows: readonly number[]) => void) | undefined;
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

/**
 * Thumbnails; only those in sight are drawn. Arrow keys move, Enter opens, P picks, T tags. A click
 * opens, in the corner or with Ctrl it picks, with Shift all from the current image to this one.
 */
export function Grid({ table, rows, cell, picked, open, pick, tag }: GridProps) {
  const { box, seen } = useSeenInPage<HTMLDivElement>();
  const [current, setCurrent] = useState(0);
  const columns = Math.max(1, Math.round(seen.width / usualSide));
  const side = Math.floor(seen.width / columns);
  const lines = Math.ceil(rows.length / columns);
  const [first, last] = drawnRows(seen, side, lines);
  const onKey = (event: KeyboardEvent) => {
    const step = steps[event.key];
    if (event.key === 'Enter') open(current);
    else if (event.key === 'p') pick([rows[current]!]);
    else if (event.key === 't' && tag !== undefined) tag([rows[current]!]);
    else if (step !== undefined) {
      const next = Math.max(0, Math.min(rows.length - 1, current + step(columns)));
      setCurrent(next);
      showLine(box.current!, Math.floor(next / columns) * side, side);
    } else return;
    event.preventDefault();
  };
  // Other images begin at their first.
  useLayoutEffect(() => {
    if (box.current!.getBoundingClientRect().top < 0) box.current!.scrollIntoView();
  }, []);
  return (
    <div
      class="grid card"
      ref={box}
      role="listbox"
      tabIndex={0}
      aria-label="Images: arrow keys move, Enter opens, P picks, Shift and a click pick several"
      aria-activedescendant={rows.length > 0 ? `image-${current}` : undefined}
      onKeyDown={onKey}
    >
      <div style={{ height: `${lines * side}px` }} role="presentation">
        {rows.slice(first * columns, last * columns).map((row, offset) => {
          const index = first * columns + offset;
          const show = (event: MouseEvent) => {
            const first = Math.min(index, current);
            if (event.shiftKey) pick(rows.slice(first, Math.max(index, current) + 1));
            else if (event.ctrlKey || event.metaKey) pick([row]);
            else open(index);
            setCurrent(index);
          };
          const pickOne = (event: MouseEvent) => {
            if (event.shiftKey) return; // a stretch, as anywhere on the image
            event.stopPropagation();
            pick([row]);
            setCurrent(index);
          };
          const state = { isCurrent: index === current, isPicked: picked.has(row) };
          return (
            <Thumbnail
              key={row}
              table={table}
              cell={cell}
              row={row}
              index={index}
              columns={columns}
              side={side}
              show={show}
              pickOne={pickOne}
              {...state}
            />
          );
        })}
      </div>
    </div>
  );
}

/** Scrolls the page to the line of pictures at a height of the box. */
function showLine(box: HTMLElement, height: number, side: number): void {
  const top = box.getBoundingClientRect().top + height;
  if (top < 0) scrollBy(0, top);
  if (top + side > innerHeight) scrollBy(0, top + side - innerHeight);
}

interface ThumbnailProps extends TableProps {
  readonly row: number;
  readonly index: number;
  readonly columns: number;
  /** Pixels. */
  readonly side: number;
  readonly isCurrent: boolean;
  readonly isPicked: boolean;
  show(event: MouseEvent): void;
  pickOne(event: MouseEvent): void;
}

function Thumbnail({
  table,
  cell,
  row,
  index,
  columns,
  side,
  isCurrent,
  isPicked,
  show,
  pickOne,
}: ThumbnailProps) {
  const x = (index % columns) * side;
  const y = Math.floor(index / columns) * side;
  const tags = itemsOf(cell('tags', row));
  const isWrong = cell('right', row) === 'no';
  const scores = ['score', 'score2']
    .map((name) => cell(name, row))
    .flatMap((score) => (score === null ? [] : [formatDecimal(Number(score))]))
    .join(' | ');
  const label = cell('class', row) ?? '';
  const called = isWrong ? `, wrongly ${cell('predicted', row)}` : '';
  const name = `${cell('key', row)}, ${label}${called}${scores && `, ${scores}`}`;
  return (
    // biome-ignore lint/a11y/useFocusableInteractive lint/a11y/useKeyWithClickEvents: the list has the focus and the keys
    <div
      id={`image-${index}`}
      role="option"
      aria-selected={isPicked}
      title={name}
      class={`${isCurrent ? 'current ' : ''}${isWrong ? 'wrong' : ''}`}
      style={{ transform: `translate(${x}px, ${y}px)`, width: `${side}px`, height: `${side}px` }}
      onClick={show}
    >
      <Picture table={table} cell={cell} row={row} form="thumb" />
      <span class="hidden">{cell('key', row)}, </span>
      <small>
        <span>
          {label}
          {isWrong && ` → ${cell('predicted', row)}`}
        </span>
        <span>{scores}</span>
      </small>
      {/* By keyboard P picks, and readers hear from the list what is picked. */}
      <span class="pick" aria-hidden="true" title="Pick" onClick={pickOne} />
      {tags.length > 0 && <span class="tag">{tags.join(', ')}</span>}
    </div>
  );
}
