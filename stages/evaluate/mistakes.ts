import type { TopLevelSpec } from 'vega-lite';
import { formatCount, formatCountOf, formatList } from '../../src/format-numbers.ts';
import { type ImageCell, imageSheet } from '../../src/learning/charts/image-sheet.ts';
import { textWidth } from '../../src/learning/charts/text-width.ts';
import type { ScoreRow } from '../../src/learning/metrics/scores-file.ts';
import { selectionSplit, trainSplit } from '../../src/learning/training/split-names.ts';

/** In a line, and lines for each kind of mistake. */
const across = 6;
const lines = 2;
/** In units, of what stands below an image. */
const captionWidth = 90;

/** The mistakes on one split. */
export interface SplitMistakes {
  readonly split: string;
  readonly real: number;
  readonly fake: number;
  /** How many there are. */
  readonly realAsFake: number;
  readonly fakeAsReal: number;
  /** The worst of each, the most confident first. */
  readonly worstReal: readonly ScoreRow[];
  readonly worstFake: readonly ScoreRow[];
}

/** The splits whose mistakes are shown: those that neither trained nor chose the model; where there is none, the last. */
export function shownSplits(splits: readonly string[]): readonly string[] {
  const unseen = splits.filter((split) => split !== trainSplit && split !== selectionSplit);
  return unseen.length > 0 ? unseen : splits.slice(-1);
}

export function mistakesOn(split: string, all: readonly ScoreRow[]): SplitMistakes {
  const rows = all.filter((row) => row.split === split);
  const real = rows.filter(({ label }) => label === 0);
  const fake = rows.filter(({ label }) => label === 1);
  // As everywhere, the higher score decides, and a tie is real.
  const realAsFake = real
    .filter((row) => difference(row) > 0)
    .sort((one, other) => difference(other) - difference(one));
  const fakeAsReal = fake
    .filter((row) => difference(row) <= 0)
    .sort((one, other) => difference(one) - difference(other));
  return {
    split,
    real: real.length,
    fake: fake.length,
    realAsFake: realAsFake.length,
    fakeAsReal: fakeAsReal.length,
    worstReal: realAsFake.slice(0, across * lines),
    worstFake: fakeAsReal.slice(0, across * lines),
  };
}

/** A contact sheet: for each split the real images that are most surely called fake, and the fake ones called real. */
export function mistakesChart(
  splits: readonly SplitMistakes[],
  pictureOf: (row: ScoreRow) => string,
  seenAs: string,
): TopLevelSpec {
  // A source that is called as its class says nothing more.
  const hasSources = splits.some(({ worstReal, worstFake }) => [...worstReal, ...worstFake].some(tellsSource));
  const cell = (row: ScoreRow): ImageCell => {
    const name = row.key.slice(row.key.lastIndexOf('/') + 1);
    const lines = [signed(difference(row)), ...(hasSources ? [row.source ?? ''] : []), name];
    return {
      image: pictureOf(row),
      caption: lines.map(shorten).join('\n'),
      description: `${row.key}, ${row.source ?? nameOf(row)}: fake − real ${signed(difference(row))}`,
    };
  };
  const isOne = splits.length === 1;
  const block = (split: string, what: string, rows: readonly ScoreRow[], count: number, all: number) => {
    const counted = isOne ? `${what}${count === 0 ? ': none' : ''}` : `${split}: ${what}, ${count} of ${all}`;
    return [{ header: counted, cells: rows.map(cell) }];
  };
  const told = `its score of fake less that of real${hasSources ? ', its source' : ''} and its name`;
  return imageSheet({
    title: finding(splits),
    subtitle: `The most confident first. Below each image: ${told}.${seenAs}`,
    blocks: splits.flatMap(({ split, real, fake, realAsFake, fakeAsReal, worstReal, worstFake }) => [
      block(split, 'real, called fake', worstReal, realAsFake, real),
      block(split, 'fake, called real', worstFake, fakeAsReal, fake),
    ]),
    across,
  });
}

/** Of several splits the sum: each of them has its counts in its headers. */
function finding(splits: readonly SplitMistakes[]): string {
  const sum = (of: (split: SplitMistakes) => number) => splits.reduce((total, split) => total + of(split), 0);
  const [real, fake] = [sum((split) => split.real), sum((split) => split.fake)];
  const [realAsFake, fakeAsReal] = [sum((split) => split.realAsFake), sum((split) => split.fakeAsReal)];
  const where = formatList(splits.map(({ split }) => split));
  const [reals, fakes] = [formatCountOf(real, 'real image'), formatCountOf(fake, 'fake')];
  return `${formatCount(realAsFake)} of ${reals} called fake and ${formatCount(fakeAsReal)} of ${fakes} called real on ${where}`;
}

function difference({ real, fake }: ScoreRow): number {
  return fake - real;
}

function signed(value: number): string {
  return `${value < 0 ? '−' : value > 0 ? '+' : ''}${Math.abs(value).toFixed(2)}`;
}

function nameOf({ label }: ScoreRow): string {
  return label === 0 ? 'real' : 'fake';
}

function tellsSource(row: ScoreRow): boolean {
  return row.source !== undefined && row.source !== nameOf(row);
}

/** What fits below an image: the end of a name tells it from others. */
function shorten(name: string): string {
  let shown = name;
  for (let cut = 1; textWidth(shown, 11) > captionWidth && cut < name.length; cut++) shown = `…${name.slice(cut)}`;
  return shown;
}
