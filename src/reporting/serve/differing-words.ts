/**
 * Texts of several words without those that all of them begin and end with, such as `… 3 …` of
 * `node fit.mjs 3 ${outputs.model}`. At least one word of each stays.
 */
export function differingWords(texts: readonly string[]): readonly string[] {
  const all = texts.map((text) => text.split(' '));
  const [first = [], ...others] = all;
  const shortest = Math.min(...all.map(({ length }) => length));
  const shared = (wordAt: (words: readonly string[], place: number) => string | undefined) => {
    const isShared = (place: number) =>
      others.every((words) => wordAt(words, place) === wordAt(first, place));
    let count = 0;
    while (count < shortest && isShared(count)) count += 1;
    return count;
  };
  const before = Math.min(
    shared((words, place) => words[place]),
    shortest - 1,
  );
  const after = Math.min(
    shared((words, place) => words.at(-1 - place)),
    shortest - 1 - before,
  );
  return all.map((words) =>
    [
      ...(before > 0 ? ['…'] : []),
      ...words.slice(before, words.length - after),
      ...(after > 0 ? ['…'] : []),
    ].join(' '),
  );
}
