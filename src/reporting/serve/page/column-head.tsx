import { sortState } from './sort-state.ts';

interface ColumnHeadProps {
  readonly name: string;
  /** What stands beside the name; empty: nothing. */
  readonly note?: string;
  readonly sort: string;
  sortBy(sort: string): void;
}

/**
 * The name of a column, which sorts by it: the largest first, then the smallest, then not at all.
 */
export function ColumnHead({ name, note = '', sort, sortBy }: ColumnHeadProps) {
  const { order, arrow, next } = sortState(name, sort);
  return (
    <th scope="col" aria-sort={order}>
      <button type="button" onClick={() => sortBy(next)}>
        {name}
        <span aria-hidden="true">{arrow}</span>
      </button>
      {note !== '' && <span class="soft small"> {note}</span>}
    </th>
  );
}
