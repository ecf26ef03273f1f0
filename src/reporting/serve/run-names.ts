import { groupBy } from '../../group-by.ts';
import type { PastRun } from '../history/past-run.ts';
import { type Item, itemTexts, type StageSettings } from './changed-settings.ts';
import { differingWords } from './differing-words.ts';

/** The most settings that name a run, and the most letters of a value. */
const mostSettings = 3;
const mostLetters = 24;
/** A setting with a longer value, such as the text of a program, is no name. */
const longest = 60;

/** A setting that differs between runs of a pipeline: its text in each of them, if it is known. */
interface DifferingSetting {
  readonly path: string;
  readonly texts: readonly (string | undefined)[];
  readonly distinct: number;
}

/** A run, or with `member` one of its matrix. */
type NamedRun = PastRun & { readonly member?: string };

/** The stage under which the settings of a row have the axes of its matrix. */
const ofMatrix = 'matrix.';

/**
 * What tells each run from the others of its pipeline, as `learningRate 0.0005, epochs 8`; empty
 * where nothing does. `stages` are the settings of each run's stages.
 */
export function nameRuns(
  runs: readonly NamedRun[],
  stages: readonly ReadonlyMap<string, StageSettings>[],
): readonly string[] {
  const names = runs.map(() => '');
  const rows = runs.map((_, row) => row);
  for (const [, group] of groupBy(rows, (row) => runs[row]!.pipeline)) {
    const hasMembers = group.some((row) => runs[row]!.member !== undefined);
    const settings = namingSettings(
      group.map((row) => stages[row]!),
      hasMembers,
    );
    const labels = shortLabels(settings.map(({ path }) => path));
    for (const [i, row] of group.entries()) {
      const known = settings.flatMap(({ texts }, at) =>
        texts[i] === undefined ? [] : [`${labels[at]} ${texts[i]}`],
      );
      names[row] = known.join(', ');
    }
  }
  return names;
}

/**
 * The settings that divide the runs of a pipeline into most groups, and not into the same ones.
 * Members of a matrix are not named by what follows from their axes, such as a command with the
 * value of one.
 */
function namingSettings(
  runs: readonly ReadonlyMap<string, StageSettings>[],
  hasMembers: boolean,
): readonly DifferingSetting[] {
  const byDivision = new Map<string, DifferingSetting>();
  const differing = differingSettings(runs);
  const axes = hasMembers ? differing.filter(({ path }) => path.startsWith(ofMatrix)) : [];
  const members = runs.map((_, i) => JSON.stringify(axes.map(({ texts }) => texts[i])));
  for (const setting of differing) {
    if (axes.length > 0 && !axes.includes(setting) && followsFrom(members, setting)) continue;
    const division = divisionOf(setting.texts);
    if (!byDivision.has(division)) byDivision.set(division, setting);
  }
  const settings = [...byDivision.values()];
  const chosen = settings.toSorted((a, b) => b.distinct - a.distinct).slice(0, mostSettings);
  return settings.filter((setting) => chosen.includes(setting));
}

/** Whether a setting has one value in all runs that are alike by their axes. */
function followsFrom(members: readonly string[], { texts }: DifferingSetting): boolean {
  const known = new Map<string, string | undefined>();
  return members.every((member, i) => {
    if (!known.has(member)) known.set(member, texts[i]);
    return known.get(member) === texts[i];
  });
}

function differingSettings(
  runs: readonly ReadonlyMap<string, StageSettings>[],
): readonly DifferingSetting[] {
  const texts = new Map<string, (string | undefined)[]>();
  for (const [i, stages] of runs.entries()) {
    for (const [stage, { values, isWhole }] of stages) {
      if (!isWhole) continue;
      for (const [path, items] of values) {
        const name = `${stage}.${path}`;
        const column = texts.get(name) ?? new Array<string | undefined>(runs.length);
        texts.set(name, column);
        column[i] = valueText(items);
      }
    }
  }
  return Array.from(texts, ([path, column]) => {
    const known = new Set(column.filter((text) => text !== undefined));
    const isLong = [...known].some((text) => text.length > longest || text.includes('\n'));
    return { path, texts: shortened(column), distinct: isLong ? 0 : known.size };
  }).filter(({ distinct }) => distinct > 1);
}

/** Texts of few letters: of long ones only the words in which they differ, as far as they fit. */
function shortened(texts: readonly (string | undefined)[]): readonly (string | undefined)[] {
  const known = texts.filter((text) => text !== undefined);
  if (known.every(({ length }) => length <= mostLetters)) return texts;
  const words = differingWords(known);
  const short = new Map(known.map((text, i) => [text, words[i]!]));
  return texts.map((text) => {
    const shown = text === undefined ? undefined : short.get(text)!;
    return shown !== undefined && shown.length > mostLetters
      ? `${shown.slice(0, mostLetters - 1)}…`
      : shown;
  });
}

/** Which runs have the same value: equal for two settings that divide the runs alike. */
function divisionOf(texts: readonly (string | undefined)[]): string {
  const order = new Map<string | undefined, number>();
  const numbers = texts.map((text) => {
    const number = order.get(text) ?? order.size;
    order.set(text, number);
    return number;
  });
  return numbers.join(' ');
}

/** `seed 7 to 9` for the members of a matrix, if these are many numbers. */
function valueText(items: ReadonlySet<Item>): string {
  const numbers = [...items].filter((item) => typeof item === 'number');
  return numbers.length === items.size && numbers.length > 3
    ? `${Math.min(...numbers)} to ${Math.max(...numbers)}`
    : itemTexts(items);
}

/** The last words of paths, or more of them where these are the same. */
function shortLabels(paths: readonly string[]): readonly string[] {
  const last = paths.map((path) => path.slice(path.lastIndexOf('.') + 1));
  return paths.map((path, i) => {
    const label = last[i]!;
    return last.filter((other) => other === label).length > 1 ? path : label;
  });
}
