/**
 * The table of paired tests: a row for each pair of models, with columns for each tested metric
 * (`aucDifference`, `aucLow`, …). The better model stands first, so that the order of a pair
 * depends on the results.
 */

/** The columns of the two models. Differences are the first minus the second. */
export const pairColumns = ['one', 'other'] as const;

/** The columns of each tested metric, after its name. */
export const testColumns = ['Difference', 'Low', 'High', 'P', 'AdjustedP', 'Test'] as const;

/** How many images only one of the two models has right. */
export const onlyRightColumns = ['onlyOneRight', 'onlyOtherRight'] as const;

/** The name of the metric in a column of differences; any other name as it is. */
export const stemOf = (column: string): string => column.replace(/(?<=.)Difference$/, '');

/** The same comparison with its models in the other order; other columns as they are. */
export function turnPair(columns: readonly string[], fields: readonly string[]): readonly string[] {
  const of = (column: string) => fields[columns.indexOf(column)] ?? '';
  const swaps = new Map<string, string>([...bothWays(pairColumns), ...bothWays(onlyRightColumns)]);
  const stems = columns.filter((column) => stemOf(column) !== column).map(stemOf);
  const turned = new Map<string, string>(
    stems.flatMap((stem) => [
      [`${stem}Difference`, negative(of(`${stem}Difference`))],
      [`${stem}Low`, negative(of(`${stem}High`))],
      [`${stem}High`, negative(of(`${stem}Low`))],
    ]),
  );
  return columns.map((column, i) => {
    const source = swaps.get(column);
    return source === undefined ? (turned.get(column) ?? fields[i]!) : of(source);
  });
}

const bothWays = ([first, second]: readonly [string, string]): readonly [string, string][] => [
  [first, second],
  [second, first],
];

const negative = (field: string): string => (field === '' ? '' : String(0 - Number(field)));
