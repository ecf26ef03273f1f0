interface ChoiceProps {
  readonly label: string;
  readonly value: string;
  readonly options: readonly string[];
  /** What an option is called, where not by itself. */
  readonly titles?: Readonly<Record<string, string>>;
  choose(value: string): void;
}

/** A menu with its label. */
export const Choice = ({ label, value, options, titles = {}, choose }: ChoiceProps) => (
  <label>
    {label}{' '}
    <select value={value} onChange={({ currentTarget }) => choose(currentTarget.value)}>
      {options.map((option) => (
        <option key={option} value={option}>
          {titles[option] ?? option}
        </option>
      ))}
    </select>
  </label>
);
