import { sortState } from './sort-state.ts';

interface ColumnHeadProps {
  readonly name: string;
  /** What stands beside the name; empty: nothing. */
  readonly note?: string;
  /** Whether the column holds numbers, which stand at the right. */
  readonly isNumber?: boolean;
  readonly sort: string;
  sortBy(sort: string): void;
  /** The place among the columns that can be dragged. */
  readonly place?: number;
  /** Puts a dragged column at the place of this one; absent: columns stay. */
  move?(from: number, to: number): void;
}

/** The type of what is dragged: the place of a column, and nothing of another page. */
const dragType = 'application/x-restage-column';

/**
 * The name of a column, which sorts by it: the largest first, then the smallest, then not at all.
 */
export function ColumnHead(props: ColumnHeadProps) {
  const { name, note = '', isNumber = false, sort, sortBy, place, move } = props;
  const { order, arrow, next } = sortState(name, sort);
  return (
    <th
      scope="col"
      class={isNumber ? 'number' : ''}
      aria-sort={order}
      draggable={move !== undefined}
      onDragStart={({ dataTransfer }) => dataTransfer?.setData(dragType, String(place))}
      onDragOver={(event) => {
        if (event.dataTransfer?.types.includes(dragType) === true) event.preventDefault();
      }}
      onDrop={(event) => {
        const from = event.dataTransfer?.getData(dragType) ?? '';
        if (move === undefined || from === '') return;
        event.preventDefault();
        move(Number(from), place!);
      }}
    >
      <button type="button" onClick={() => sortBy(next)}>
        {name}
        <span aria-hidden="true">{arrow}</span>
      </button>
      {note !== '' && <span class="soft small"> {note}</span>}
    </th>
  );
}
