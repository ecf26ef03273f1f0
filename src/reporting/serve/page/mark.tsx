interface MarkProps {
  readonly values: readonly number[];
  readonly ends: readonly [low: number, high: number];
  /** The least and the greatest value of the column. */
  readonly scale: readonly [low: number, high: number];
  text(value: number): string;
}

/** An interval as a line with its estimates as points, on the scale of the column. */
export function Mark({ values, ends, scale, text }: MarkProps) {
  const at = (x: number) => 4 + (52 * (x - scale[0])) / (scale[1] - scale[0] || 1);
  const label = `${text(ends[0])} to ${text(ends[1])}`;
  return (
    <svg class="mark" width="60" height="12" role="img" aria-label={`interval ${label}`}>
      <title>{label}</title>
      <line x1={at(ends[0])} x2={at(ends[1])} y1="6" y2="6" />
      {values.map((value) => (
        <circle key={value} cx={at(value)} cy="6" r="3" />
      ))}
    </svg>
  );
}
