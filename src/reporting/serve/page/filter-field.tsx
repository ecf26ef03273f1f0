import { useEffect, useRef, useState } from 'preact/hooks';
import { completed, completeQuery } from '../complete-query.ts';
import type { Column } from '../filter-query.ts';

interface FilterFieldProps {
  readonly q: string;
  readonly example: string;
  /** Whose names and values are offered. */
  readonly columns: readonly Column[];
  /** What is missing in the query; empty: nothing. */
  readonly problem: string;
  query(q: string): void;
}

/**
 * The query of a view as a line of text, with completions of names and values: arrow keys choose
 * one, Enter or Tab takes it, Escape closes them.
 */
export function FilterField({ q, example, columns, problem, query }: FilterFieldProps) {
  const input = useRef<HTMLInputElement>(null);
  const [place, setPlace] = useState<number>();
  const [chosen, setChosen] = useState(-1);
  const cursor = useRef<number | undefined>(undefined);
  const completion = place === undefined ? undefined : completeQuery(columns, q, place);
  const options = completion?.options ?? [];
  useEffect(() => {
    if (cursor.current === undefined) return;
    input.current!.setSelectionRange(cursor.current, cursor.current);
    cursor.current = undefined;
  }, [q]);
  const close = () => {
    setPlace(undefined);
    setChosen(-1);
  };
  const take = (option: string) => {
    const next = completed(q, completion!, option);
    cursor.current = next.place;
    query(next.text);
    close();
    input.current!.focus();
  };
  const onKey = (event: KeyboardEvent) => {
    const { length } = options;
    if (length === 0) return;
    if (event.key === 'ArrowDown') setChosen((chosen + 1) % length);
    else if (event.key === 'ArrowUp') setChosen((chosen + length) % (length + 1));
    else if (event.key === 'Escape') close();
    else if ((event.key === 'Enter' || event.key === 'Tab') && chosen >= 0)
      take(options[chosen % length]!);
    else return;
    event.preventDefault();
  };
  return (
    <div class="grow filter">
      <label>
        Filter{' '}
        <input
          ref={input}
          type="search"
          // biome-ignore lint/a11y/noRedundantRoles: it has the role only with a `list`
          role="combobox"
          list={undefined}
          aria-expanded={options.length > 0}
          aria-controls="filter-options"
          aria-autocomplete="list"
          aria-activedescendant={chosen >= 0 ? `filter-option-${chosen}` : undefined}
          autocomplete="off"
          spellcheck={false}
          value={q}
          placeholder={example}
          onInput={({ currentTarget }) => {
            query(currentTarget.value);
            setPlace(currentTarget.selectionStart ?? currentTarget.value.length);
            setChosen(-1);
          }}
          onKeyDown={onKey}
          onBlur={close}
        />
      </label>
      <Options options={options} chosen={chosen} take={take} />
      <FilterHelp />
      {problem !== '' && (
        <p class="soft small" role="status">
          {problem}
        </p>
      )}
    </div>
  );
}

interface OptionsProps {
  readonly options: readonly string[];
  /** The place of the one that Enter takes; -1: none. */
  readonly chosen: number;
  take(option: string): void;
}

const Options = ({ options, chosen, take }: OptionsProps) => (
  <div id="filter-options" role="listbox" aria-label="Completions" hidden={options.length === 0}>
    {options.map((option, index) => (
      <div
        key={option}
        id={`filter-option-${index}`}
        role="option"
        tabIndex={-1}
        aria-selected={index === chosen}
        onPointerDown={(event) => {
          event.preventDefault(); // the field keeps the focus
          take(option);
        }}
      >
        {option}
      </div>
    ))}
  </div>
);

/** How a filter is written, by examples. */
const FilterHelp = () => (
  <details class="help">
    <summary aria-label="Examples of queries">?</summary>
    <dl class="card padded">
      <dt>seed=7 auc&gt;0.8</dt>
      <dd>both hold; also !=, &lt;, &lt;=, &gt;=</dd>
      <dt>failed or killed</dt>
      <dd>one of both; a word is searched in all texts</dd>
      <dt>not failed</dt>
      <dd>or -failed</dd>
      <dt>(seed=7 or seed=8) -failed</dt>
      <dd>brackets group</dd>
      <dt>tags="to repeat"</dt>
      <dd>quotes hold blanks together</dd>
    </dl>
  </details>
);
