import { readFileSync, writeFileSync } from 'node:fs';
import { csvRecords, csvTable } from '../../src/csv.ts';
import {
  formatEstimate,
  formatLevel,
  formatP,
  formatShare,
  formatSigned,
} from '../../src/format-numbers.ts';
import { groupBy } from '../../src/group-by.ts';
import { renderOutput } from '../../src/learning/charts/render-chart.ts';
import {
  formatArea,
  formatAreaDifference,
} from '../../src/learning/metrics/comparison/format-areas.ts';
import { pairByLabels } from '../../src/learning/metrics/pair-by-labels.ts';
import { readSplitScores } from '../../src/learning/metrics/scores/read-split-scores.ts';
import { type InputArtifact, type StageContext, StageError } from '../../src/stage.ts';
import { biasChart } from './chart.ts';
import {
  type Bias,
  type Exchanged,
  type ExchangedScores,
  measureBias,
  type SplitScores,
} from './measure-bias.ts';
import type { BiasSettings } from './spec.ts';

type Context = StageContext<BiasSettings>;

export default async function run(context: Context): Promise<void> {
  const { split, confidence, draws, seed } = context.settings;
  const unchanged = read(context.input('unchanged'), 'unchanged', context.settings);
  const exchanged = pairsOf(context);
  const biases = measureBias(unchanged, exchanged, { confidence, draws, seed });
  if (!biases.ok) throw new StageError(`Input "exchanged": ${biases.error}.`);
  writeFileSync(context.output('table'), formatTable(biases.value));
  await renderOutput(context, 'chart', biasChart(biases.value, { split, confidence }));
  const level = formatLevel(confidence);
  context.highlight({
    title: `What the detector decides by, on ${split}; AUC before: ${formatEstimate(biases.value[0]!.before, formatArea)}`,
    columns: [
      'property',
      'AUC, other class',
      'AUC, own class',
      `other − own class, ${level}`,
      `AUC above chance that is left, ${level}`,
      `${unchanged.sides[1]}’s property raises scores by, standard deviations, ${level}`,
      'p (Holm)',
    ],
    rows: biases.value.map(({ property, control, after, difference, adjustedP, left, shift }) => [
      property,
      formatArea(after.estimate),
      formatArea(control.estimate),
      formatAreaDifference(difference),
      Number.isNaN(left.estimate)
        ? 'not told: AUC before too uncertain'
        : formatEstimate(left, formatShare),
      formatEstimate({ ...shift, estimate: shift.difference }, (value) => formatSigned(value, 2)),
      formatP(adjustedP),
    ]),
    conclusion: conclusion(biases.value),
  });
}

function read({ path }: InputArtifact, port: string, settings: BiasSettings): SplitScores {
  const { rows, names } = readSplitScores(path, settings.split, `input "${port}"`, settings);
  return { rows, sides: names };
}

/** The two scores of each property, in the order of the properties. */
function pairsOf(context: Context): readonly Exchanged[] {
  const { property: axis, partner: partnerAxis } = context.settings;
  const inputs = pairByLabels(context.inputs('exchanged'), context.inputs('partners'), {
    one: 'exchanged score',
    other: 'partners',
  });
  const without = inputs.find(
    ({ one: { labels } }) => labels[axis] === undefined || labels[partnerAxis] === undefined,
  );
  if (without !== undefined) {
    throw new StageError(
      `Input "exchanged": expected instances of a matrix over ${axis} and ${partnerAxis}, got one with ${Object.keys(without.one.labels).join(', ') || 'no axis'}. Give exchange and its evaluate the matrix { ${axis}: [brightness], ${partnerAxis}: [other, own] }.`,
    );
  }
  const byProperty = groupBy(inputs, ({ one }) => one.labels[axis]!);
  return Array.from(byProperty, ([property, scores]) => {
    const of = (partner: string): ExchangedScores => {
      const [found, ...more] = scores.filter(({ one }) => one.labels[partnerAxis] === partner);
      if (found !== undefined && more.length === 0) {
        const partners = readPartners(found.other, context.settings.split);
        return { ...read(found.one, 'exchanged', context.settings), partners };
      }
      const got = found === undefined ? 'none' : `${more.length + 1}`;
      throw new StageError(
        `Input "exchanged": expected one score of ${property} with ${partnerAxis} ${partner}, got ${got}.`,
      );
    };
    return { property, own: of('own'), other: of('other') };
  });
}

/** The partners of the images of a split, by key, as `exchange` writes them. */
function readPartners({ path }: InputArtifact, split: string): ReadonlyMap<string, string> {
  const [header, ...records] = csvRecords(readFileSync(path, 'utf8'));
  const columns = ['split', 'key', 'partner'];
  if (header?.fields.join() !== columns.join()) {
    throw new StageError(
      `Input "partners", ${path}: expected the columns ${columns.join(', ')}, as exchange writes them, got ${header?.fields.join(', ') ?? 'an empty file'}.`,
    );
  }
  return new Map(
    records
      .filter(({ fields: [of] }) => of === split)
      .map(({ fields: [, key, partner] }) => [key!, partner!]),
  );
}

type Estimate = Readonly<Record<'estimate' | 'low' | 'high', number>>;

function formatTable(biases: readonly Bias[]): string {
  const ends = (name: string, { estimate, low, high }: Estimate) => ({
    [name]: estimate,
    [`${name}Low`]: low,
    [`${name}High`]: high,
  });
  return csvTable(
    biases.map(
      ({ property, images, before, control, after, difference, left, shift, adjustedP }) => ({
        property,
        images,
        ...ends('before', before),
        ...ends('ownClass', control),
        ...ends('otherClass', after),
        ...ends('difference', difference),
        ...ends('left', left),
        ...ends('shift', { ...shift, estimate: shift.difference }),
        p: shift.p,
        adjustedP,
      }),
    ),
  );
}

/** The level at which a property counts as one that decides. */
const level = 0.05;

function conclusion(biases: readonly Bias[]): string {
  const deciding = biases.filter(
    ({ adjustedP, shift }) => adjustedP < level && shift.difference > 0,
  );
  const rule = 'by the tests of the shift at 5 % over all properties';
  if (deciding.length === 0) return `No property moves scores towards the other class, ${rule}.`;
  const names = deciding.map(({ property, left }) =>
    Number.isNaN(left.estimate)
      ? `${property} (too near an AUC of ½ to say how much of it is left)`
      : `${property} (${formatShare(left.estimate)} of the AUC above chance is left)`,
  );
  return `The detector also decides by ${names.join(', ')}, ${rule}.`;
}
