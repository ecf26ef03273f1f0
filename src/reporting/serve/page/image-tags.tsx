import { useState } from 'preact/hooks';
import type { Column } from '../filter-query.ts';
import { itemsOf } from '../filter-query.ts';
import type { ImageTable } from '../gallery-table.ts';
import { isWritable, post } from './post.ts';

/** Tags of one's own: those of all images, and how to put one on some or take it off. */
export interface Tagging {
  /** Absent where the pages can only be read. */
  readonly flip: ((rows: readonly number[]) => void) | undefined;
  /** The tag that a key puts on. */
  readonly tag: string;
  setTag(tag: string): void;
  /** All tags, sorted. */
  readonly known: readonly string[];
  /** Why an edit was not taken; empty: it was. */
  readonly problem: string;
}

/** Where a tab keeps the tag between its pages. */
const storedAs = 'restage:tag';

/** The most images of a request. */
const mostAtOnce = 1000;

/** The table with the tags that were put on since it was loaded, and the way to put on more. */
export function useTagging(loaded: ImageTable): readonly [ImageTable, Tagging] {
  const [table, setTable] = useState(loaded);
  const [tag, setTag] = useState(() => sessionStorage.getItem(storedAs) ?? 'to check');
  const [problem, setProblem] = useState('');
  const tags = table.columns.find(({ name }) => name === 'tags')!;
  const tagsOf = (row: number) => itemsOf(tags.values[row]).map(String);
  const flip = async (rows: readonly number[]) => {
    const name = tag.trim();
    if (name === '' || rows.length === 0) return;
    const isOn = rows.every((row) => tagsOf(row).includes(name));
    for (let at = 0; at < rows.length; at += mostAtOnce) {
      const images = rows.slice(at, at + mostAtOnce).map((row) => nameIn(table, row));
      const why = await post('/image-tags', { images, [isOn ? 'untag' : 'tag']: [name] });
      if (why !== undefined) return setProblem(why);
    }
    setProblem('');
    // The table as it is by then: another key may have been pressed meanwhile.
    setTable((now) => withTag(now, rows, { name, isOn: !isOn }));
  };
  const known = [...new Set(tags.values.flatMap((cell) => itemsOf(cell).map(String)))].sort();
  const keepTag = (tag: string) => {
    sessionStorage.setItem(storedAs, tag);
    setTag(tag);
  };
  return [table, { flip: isWritable() ? flip : undefined, tag, setTag: keepTag, known, problem }];
}

/** The table with a tag on some images, or without it. */
function withTag(
  table: ImageTable,
  rows: readonly number[],
  { name, isOn }: { readonly name: string; readonly isOn: boolean },
): ImageTable {
  const chosen = new Set(rows);
  const columns = table.columns.map((column): Column => {
    if (column.name !== 'tags') return column;
    const values = column.values.map((cell, row) => {
      if (!chosen.has(row)) return cell;
      const others = itemsOf(cell).filter((other) => other !== name);
      const all = isOn ? [...others, name].sort() : others;
      return all.length === 0 ? null : all;
    });
    return { ...column, values };
  });
  return { ...table, columns };
}

/** The name by which an image is tagged, as lists name it. */
function nameIn({ columns }: ImageTable, row: number): string {
  const cellOf = (name: string) => columns.find((column: Column) => column.name === name)?.values;
  return String(cellOf('path')?.[row] ?? cellOf('key')?.[row] ?? '');
}

interface TagFieldProps {
  readonly tagging: Tagging;
  /** The rows that a press on the button tags. */
  readonly picked: readonly number[];
}

/** The tag that the key T puts on an image, and a button for all that are picked. */
export function TagField({ tagging, picked }: TagFieldProps) {
  const { flip, tag, setTag, known, problem } = tagging;
  if (flip === undefined) return null;
  return (
    <form
      class="line small"
      onSubmit={(event) => {
        event.preventDefault();
        flip(picked);
      }}
    >
      <label>
        Tag{' '}
        <input
          value={tag}
          maxLength={40}
          list="known-tags"
          onInput={({ currentTarget }) => setTag(currentTarget.value)}
        />
      </label>
      <datalist id="known-tags">
        {known.map((name) => (
          <option key={name} value={name} />
        ))}
      </datalist>
      <button type="submit" disabled={picked.length === 0}>
        Put it on {picked.length} picked, or take it off
      </button>
      <span class="soft">The key T does so with the current image.</span>
      {problem !== '' && <span role="alert">{problem}</span>}
    </form>
  );
}
