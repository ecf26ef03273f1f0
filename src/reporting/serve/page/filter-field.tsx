interface FilterFieldProps {
  readonly q: string;
  readonly example: string;
  query(q: string): void;
}

/** The query of a view as a line of text. */
export const FilterField = ({ q, example, query }: FilterFieldProps) => (
  <label class="grow">
    Filter{' '}
    <input
      type="search"
      value={q}
      placeholder={example}
      onInput={({ currentTarget }) => query(currentTarget.value)}
    />
  </label>
);
