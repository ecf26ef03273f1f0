import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { csvLine } from '../../../csv.ts';
import type { Cells } from './gallery-cells.ts';

interface ExportedProps {
  readonly rows: readonly number[];
  readonly cell: Cells;
  readonly isPicked: boolean;
  readonly children: ComponentChildren;
  clear(): void;
}

/** Exports a list for `load-dataset`: the images that were picked, otherwise all that are shown. */
export function Exported({ rows, cell, isPicked, children, clear }: ExportedProps) {
  const [answer, setTold] = useState('');
  const text = () =>
    `path,label,split,group,source\n${rows.map((row) => lineOf(row, cell)).join('')}`;
  const what = isPicked ? `${rows.length} picked` : 'these';
  const copy = async () => {
    const done = await navigator.clipboard.writeText(text()).then(
      () => true,
      () => false,
    );
    setTold(
      done
        ? `Copied ${rows.length} lines.`
        : 'The browser does not allow copying: save it instead.',
    );
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
      <span>{children}</span>
      <button type="button" onClick={copy}>
        Copy {what} as CSV
      </button>
      <button type="button" onClick={save}>
        Save {what} as CSV
      </button>
      {isPicked && (
        <button type="button" onClick={clear}>
          Clear the picks
        </button>
      )}
      <span>{answer}</span>
    </p>
  );
}

/** An image as a line of a list. */
const lineOf = (row: number, cell: Cells): string =>
  csvLine(
    [
      cell('path', row) ?? cell('key', row),
      ...['class', 'split', 'group', 'source'].map((name) => cell(name, row)),
    ].map((value) => String(value ?? '')),
  );
