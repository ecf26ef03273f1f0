import type { ScoreTable } from '../../learning/metrics/scores/scores-file.ts';

/**
 * Which labels are probably wrong, by confident learning (Northcutt, Jiang and Chuang 2021, section
 * 3.1): a model gives another class a probability of at least the mean that it gives this class in
 * images with its label. Only scores of images that no model was trained on can tell, such as
 * out-of-fold ones: rows of the split `train` are left out. Means are over each split. `shares` are
 * probabilities, a row for each image.
 *
 * Example: where images of class b get 0.9 for b on average, an image labelled a with 0.95 for b is
 * suspect, and one with 0.6 is not.
 */
export function suspectLabels(
  { rows, names, classes }: Pick<ScoreTable, 'rows' | 'names' | 'classes'>,
  shares: readonly ArrayLike<number>[],
): readonly ('yes' | null)[] {
  const labels = rows.map(({ label }) => classes.indexOf(names[label] ?? ''));
  const means = new Map<string, readonly number[]>();
  const meansOf = (split: string) => {
    const known = means.get(split);
    if (known !== undefined) return known;
    const own = rows.flatMap((row, i) => (row.split === split ? [i] : []));
    const made = classes.map((_, c) => {
      const labelled = own.filter((i) => labels[i] === c);
      return labelled.reduce((sum, i) => sum + shares[i]![c]!, 0) / labelled.length;
    });
    means.set(split, made);
    return made;
  };
  return rows.map(({ split }, i) => {
    const label = labels[i]!;
    if (split === 'train' || label < 0) return null;
    const confident = classes
      .map((_, c) => c)
      .filter((c) => shares[i]![c]! >= (meansOf(split)[c] ?? Number.POSITIVE_INFINITY));
    const [best] = confident.toSorted((a, b) => shares[i]![b]! - shares[i]![a]!);
    return best !== undefined && best !== label ? 'yes' : null;
  });
}
