/** A line of two texts: in both, or in the first (`-`) or the second (`+`) alone. */
export interface DiffLine {
  readonly side: ' ' | '-' | '+';
  readonly text: string;
}

/** Beyond this many cells of the table, texts are shown one after the other. */
const mostCells = 4_000_000;

/**
 * The lines of two texts in one order, as many in common as possible (the longest common
 * subsequence).
 *
 * Example: of `a b c` and `a c d`, a line each, ` a`, `-b`, ` c`, `+d`.
 */
export function diffLines(
  first: readonly string[],
  second: readonly string[],
): readonly DiffLine[] {
  let head = 0;
  while (head < first.length && head < second.length && first[head] === second[head]) head++;
  let tail = 0;
  while (
    tail < first.length - head &&
    tail < second.length - head &&
    first.at(-1 - tail) === second.at(-1 - tail)
  )
    tail++;
  const lines = (side: DiffLine['side'], texts: readonly string[]): readonly DiffLine[] =>
    texts.map((text) => ({ side, text }));
  const before = first.slice(head, first.length - tail);
  const after = second.slice(head, second.length - tail);
  return [
    ...lines(' ', first.slice(0, head)),
    ...(before.length * after.length > mostCells
      ? [...lines('-', before), ...lines('+', after)]
      : diffMiddle(before, after)),
    ...lines(' ', first.slice(first.length - tail)),
  ];
}

function diffMiddle(before: readonly string[], after: readonly string[]): readonly DiffLine[] {
  const width = after.length + 1;
  // The length of the longest common subsequence of what follows both places.
  const lengths = new Uint32Array((before.length + 1) * width);
  for (let i = before.length - 1; i >= 0; i--)
    for (let j = after.length - 1; j >= 0; j--) {
      const at = i * width + j;
      lengths[at] =
        before[i] === after[j]
          ? lengths[at + width + 1]! + 1
          : Math.max(lengths[at + width]!, lengths[at + 1]!);
    }
  const lines: DiffLine[] = [];
  let i = 0;
  let j = 0;
  while (i < before.length || j < after.length) {
    const at = i * width + j;
    if (i < before.length && j < after.length && before[i] === after[j]) {
      lines.push({ side: ' ', text: before[i]! });
      i++;
      j++;
    } else if (
      j >= after.length ||
      (i < before.length && lengths[at + width]! >= lengths[at + 1]!)
    ) {
      lines.push({ side: '-', text: before[i]! });
      i++;
    } else {
      lines.push({ side: '+', text: after[j]! });
      j++;
    }
  }
  return lines;
}

/** The lines that differ with some around them; null stands for lines that are left out. */
export function changedLines(lines: readonly DiffLine[], around = 3): readonly (DiffLine | null)[] {
  const isNear = lines.map((_, i) =>
    lines.slice(Math.max(0, i - around), i + around + 1).some(({ side }) => side !== ' '),
  );
  return lines.flatMap((line, i): readonly (DiffLine | null)[] => {
    if (isNear[i]) return [line];
    return i === 0 || isNear[i - 1] ? [null] : [];
  });
}
