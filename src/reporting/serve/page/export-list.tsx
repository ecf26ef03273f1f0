import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import type { Column } from '../filter-query.ts';
import { copyText, noCopy } from './copy-text.ts';
import type { Cells } from './gallery-cells.ts';
import { imageList, sliceList } from './image-lists.ts';

interface ExportedProps {
  readonly rows: readonly number[];
  readonly cell: Cells;
  readonly isPicked: boolean;
  readonly children: ComponentChildren;
  /** Further ways to take the images elsewhere. */
  readonly further: ComponentChildren;
  /** The columns of the table, of which the slices stay in the list of all images. */
  readonly slices: readonly Column[];
  /** The rows inside of a lasso; undefined where there is none. */
  readonly lassoed: ReadonlySet<number> | undefined;
  /** Picks all that are shown. */
  pickAll(): void;
  clear(): void;
}

/**
 * Exports a list for `load-dataset`: the images that were picked, otherwise all that are shown; and
 * all images with a column that says which are in the lasso.
 */
export function Exported(props: ExportedProps) {
  const { rows, cell, isPicked, children, further, pickAll, clear, lassoed } = props;
  const [answer, setTold] = useState('');
  const text = () => imageList(rows, cell);
  const what = isPicked ? `${rows.length} picked` : 'these';
  const copy = async () => {
    const isCopied = await copyText(text());
    setTold(isCopied ? `Copied ${rows.length} lines.` : `${noCopy} Save it instead.`);
  };
  return (
    <div class="line small">
      <span role="status">{children}</span>
      <button type="button" onClick={copy}>
        Copy {what} as CSV
      </button>
      <button type="button" onClick={() => save(text())}>
        Save {what} as CSV
      </button>
      {lassoed !== undefined && (
        <button type="button" onClick={() => save(sliceList(props.slices, cell, lassoed))}>
          Save all as CSV with a column lasso
        </button>
      )}
      {!isPicked && (
        <button type="button" onClick={pickAll}>
          Pick all shown
        </button>
      )}
      {isPicked && (
        <button type="button" onClick={clear}>
          Clear the picks
        </button>
      )}
      {further}
      <span role="status">{answer}</span>
    </div>
  );
}

function save(text: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([text], { type: 'text/csv' }));
  link.download = 'images.csv';
  link.click();
  URL.revokeObjectURL(link.href);
}
