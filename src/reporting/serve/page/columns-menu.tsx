import { useState } from 'preact/hooks';
import { type ColumnGroup, groupColumns, moved } from '../column-groups.ts';
import type { RunTable } from '../run-index.ts';
import { useMenu } from './use-menu.ts';

/** The columns that are drawn at most in one part of the menu; a search finds the others. */
const mostListed = 100;

interface ChosenProps {
  /** The columns of the table, in order. */
  readonly names: readonly string[];
  choose(names: readonly string[]): void;
}

interface ColumnsMenuProps extends ChosenProps {
  readonly table: RunTable;
}

/** The menu of columns: those that are shown, to be dragged or moved by keys, and all others. */
export function ColumnsMenu({ table, names, choose }: ColumnsMenuProps) {
  const [find, setFind] = useState('');
  const menu = useMenu();
  const groups = groupColumns(table, find);
  const flip = (name: string) =>
    choose(names.includes(name) ? names.filter((other) => other !== name) : [...names, name]);
  return (
    <details class="chooser" ref={menu}>
      <summary class="button">Columns</summary>
      <div class="card padded">
        <Shown names={names} choose={choose} />
        <label>
          Find{' '}
          <input
            type="search"
            value={find}
            onInput={({ currentTarget }) => setFind(currentTarget.value)}
          />
        </label>
        {groups.length === 0 && <p class="soft">No column has this in its name.</p>}
        {groups.map((group) => (
          <Group
            key={group.title}
            group={group}
            names={names}
            flip={flip}
            isOpen={find !== '' || groups.length === 1}
          />
        ))}
      </div>
    </details>
  );
}

/** The columns in their order. */
function Shown({ names, choose }: ChosenProps) {
  const [dragged, setDragged] = useState<number>();
  const drop = (to: number) => {
    if (dragged !== undefined) choose(moved(names, dragged, to));
    setDragged(undefined);
  };
  return (
    <ol class="shown-columns" aria-label="Columns in the table">
      {names.map((name, place) => (
        <li
          key={name}
          draggable
          onDragStart={() => setDragged(place)}
          onDragOver={(event) => event.preventDefault()}
          onDrop={(event) => {
            event.preventDefault();
            drop(place);
          }}
        >
          <span>{name}</span>
          <button
            type="button"
            aria-label={`Move ${name} to the left`}
            disabled={place === 0}
            onClick={() => choose(moved(names, place, place - 1))}
          >
            ↑
          </button>
          <button
            type="button"
            aria-label={`Move ${name} to the right`}
            disabled={place === names.length - 1}
            onClick={() => choose(moved(names, place, place + 1))}
          >
            ↓
          </button>
          <button
            type="button"
            aria-label={`Hide ${name}`}
            disabled={names.length === 1}
            onClick={() => choose(names.filter((other) => other !== name))}
          >
            ×
          </button>
        </li>
      ))}
    </ol>
  );
}

interface GroupProps {
  readonly group: ColumnGroup;
  readonly names: readonly string[];
  readonly isOpen: boolean;
  flip(name: string): void;
}

/** The columns of a stage: its settings, then its numbers. */
function Group({ group: { title, parts }, names, isOpen, flip }: GroupProps) {
  const count = parts.reduce((sum, part) => sum + part.names.length, 0);
  return (
    <details open={isOpen}>
      <summary>
        {title} <span class="soft">{count}</span>
      </summary>
      {parts.map((part) => (
        <fieldset key={part.title}>
          {part.title !== '' && <legend>{part.title}</legend>}
          <ul>
            {part.names.slice(0, mostListed).map((name) => (
              <li key={name}>
                <label>
                  <input
                    type="checkbox"
                    checked={names.includes(name)}
                    onChange={() => flip(name)}
                  />{' '}
                  {name}
                </label>
              </li>
            ))}
          </ul>
          {part.names.length > mostListed && (
            <p class="soft">and {part.names.length - mostListed} more: search for them</p>
          )}
        </fieldset>
      ))}
    </details>
  );
}
