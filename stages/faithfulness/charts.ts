import type { TopLevelSpec } from 'vega-lite';
import {
  formatCount,
  formatCountOf,
  formatDecimal,
  formatEstimate,
  formatLevel,
  formatSigned,
} from '../../src/format-numbers.ts';
import type { BaselineName } from '../../src/learning/attribution/faithfulness/baseline-image.ts';
import type { ExchangeCurves } from '../../src/learning/attribution/faithfulness/insertion-deletion.ts';
import { type Method, methodTitle } from '../../src/learning/attribution/methods.ts';
import { titleOf } from '../../src/learning/charts/chart-title.ts';
import {
  chart,
  domainOf,
  type Part,
  quantity,
  share,
  textAt,
} from '../../src/learning/charts/encoders.ts';
import { fittedLabels } from '../../src/learning/charts/fit-text.ts';
import { textWidth } from '../../src/learning/charts/fonts.ts';
import { intervalRows } from '../../src/learning/charts/interval-rows.ts';
import { lineLayers, pointLayer } from '../../src/learning/charts/line-layers.ts';
import { ink, palette } from '../../src/learning/charts/theme.ts';
import { classText } from '../../src/learning/explanations/map-pictures.ts';
import type { FaithfulnessSettings } from './spec.ts';
import { areaDecimals, rankingDecimals } from './tables.ts';
import { type JudgedMethod, type Judgement, sideOf } from './verdict.ts';

/** The facts in titles and subtitles besides the numbers. */
export interface Frame {
  readonly split: string;
  /** `label`, `predicted`, or the class that maps explain. */
  readonly class: string;
  readonly curveBaseline: FaithfulnessSettings['curveBaseline'];
  readonly confidence: number;
  readonly title?: string | undefined;
  /** The axis values of the model. */
  readonly labels: Readonly<Record<string, string>>;
  /** In label order. */
  readonly classes: readonly string[];
}

/** The margin of each method over the control, with its interval; filled if significant. */
export function rankingChart(judgement: Judgement, frame: Frame): TopLevelSpec {
  const { ranked, control } = judgement;
  const decimals = rankingDecimals(judgement);
  const signed = (value: number) => formatSigned(value, decimals);
  const controlTitle = methodTitle(control.method);
  const rows = ranked.map(({ method, overControl }) => ({
    name: methodTitle(method),
    value: overControl.estimate,
    low: overControl.low,
    high: overControl.high,
    text: formatEstimate(overControl, signed),
    isOpen: sideOf(overControl, frame.confidence) === 'neither',
  }));
  const drawn = rows
    .flatMap(({ value, low, high }) => [value, low, high])
    .filter((value) => !Number.isNaN(value));
  const notes = [
    imagesText(judgement, frame),
    baselineText(judgement, frame),
    `lines: ${formatLevel(frame.confidence)} intervals, not adjusted; filled: significant (p by Holm)`,
    `${controlTitle} itself: ${formatEstimate(control.contrast, (value) => formatDecimal(value, decimals))}, a random order: 0`,
  ];
  const width = 320;
  const room = Math.max(...rows.map(({ text }) => textWidth(text, 12)));
  const best = `: ${rows[0]!.name} ${signed(rows[0]!.value)} over ${controlTitle}`;
  const title = titleOf('Faithfulness', frame, frame.labels) + best;
  return chart(
    title,
    notes.join('; '),
    width + room + 150,
    intervalRows(rows, {
      dataName: 'methods',
      label: `Insertion − deletion, margin over ${controlTitle}`,
      width,
      ruled: 0,
      domain: domainOf([0, ...drawn]),
      axis: { tickCount: 4, labelExpr: "datum.value === 0 ? '0' : format(datum.value, '+')" },
    }),
  );
}

const panelWidth = 300;
const spacing = 40;

/**
 * The probability of the class while pixels are inserted, and while they are deleted: the mean over
 * images, by method.
 */
export function curvesChart(judgement: Judgement, frame: Frame): TopLevelSpec {
  const decimals = areaDecimals(judgement);
  const series = seriesOf(
    judgement,
    ({ insertion, deletion }) =>
      `${formatDecimal(insertion.estimate, decimals)} and ${formatDecimal(deletion.estimate, decimals)}`,
  );
  const domain = domainOf(
    series.flatMap(({ curves }) => [...curves.insertion, ...curves.deletion]),
  );
  const width = 2 * panelWidth + spacing;
  const panel = (name: keyof ExchangeCurves, header: string, x: string): Part => {
    const title = name === 'insertion' ? 'Probability of the class' : null;
    const y = quantity('probability', title, { domain, tickCount: 5 });
    const values = series.flatMap(({ name: of, curves }) =>
      Array.from(curves[name], (probability, step) => ({
        series: of,
        share: step / (curves[name].length - 1),
        probability,
      })),
    );
    return {
      width: panelWidth,
      height: 280,
      data: { name, values },
      layer: [
        textAt(panelWidth / 2, -14, header, { align: 'center', fontSize: 13, fontWeight: 'bold' }),
        ...lineLayers(names(series), {
          x: share('share', x, { labelExpr: 'round(100 * datum.value)' }),
          y,
          colours: coloursOf(series),
          legend: { title: 'Area under insertion and deletion', width },
          tooltip: { y: 'Probability of the class' },
        }),
      ],
    };
  };
  const notes = [
    imagesText(judgement, frame),
    baselineText(judgement, frame),
    'lines: means over images',
  ];
  return chart(
    titleOf('Insertion and deletion', frame, frame.labels),
    notes.join('; '),
    width + 70,
    {
      spacing,
      hconcat: [
        panel('insertion', 'Insertion: higher is better', 'Pixels shown (%), most salient first'),
        panel('deletion', 'Deletion: lower is better', 'Pixels removed (%), most salient first'),
      ],
    },
  );
}

const none = 'none';
const another = 'other image';

/**
 * The likeness of maps to the original ones as weights are randomised from the logits down: a line
 * for each method. Apart from them, with all weights random, the likeness of maps of other images:
 * a line that ends no higher says nothing of the image.
 */
export function randomisationChart(judgement: Judgement, frame: Frame): TopLevelSpec {
  const { depths, weightDraws } = judgement;
  const series = seriesOf(judgement, ({ newWeights }) =>
    Number.isNaN(newWeights!.own.estimate) ? '–' : formatEstimate(newWeights!.own),
  );
  const layers = [none, ...depths.map(({ layer }) => layer), another];
  const rows = series.flatMap(({ name, likeness, newWeights }) => {
    // Constant maps have no rank correlation, not even with themselves.
    if (Number.isNaN(newWeights!.own.estimate)) return [];
    const ends = [1, ...likeness.map(({ estimate }) => estimate), newWeights!.others.estimate];
    return ends.map((value, i) => ({ series: name, layer: layers[i]!, likeness: value }));
  });
  const width = Math.max(480, 52 * layers.length);
  const x: Part = {
    field: 'layer',
    type: 'ordinal',
    title: 'Random weights from the logits down to this layer',
    sort: layers,
    scale: { domain: layers },
    axis: { labelAngle: -40, grid: false, labelOverlap: false, ...fittedLabels(layers, 225) },
  };
  const low = Math.min(0, ...rows.map(({ likeness }) => likeness));
  const y = quantity('likeness', 'Rank correlation with the original map', {
    scale: { domain: [low, 1], nice: true },
  });
  const options = { x, y, colours: coloursOf(series) };
  const notes = [
    imagesText(judgement, frame),
    'lower is better: a map that means something depends on the weights',
    `all weights random: ${weightDraws === 1 ? 'one draw' : `the mean of ${weightDraws} draws`}`,
    `“${another}”: then, the map of another image`,
  ];
  return chart(titleOf('Randomised weights', frame, frame.labels), notes.join('; '), width + 50, {
    width,
    height: 300,
    data: { name: 'likeness', values: rows },
    layer: [
      ...lineLayers(names(series), {
        ...options,
        filter: `datum.layer !== '${another}'`,
        legend: { title: `All weights random, ${formatLevel(frame.confidence)} interval`, width },
      }),
      pointLayer(names(series), options),
    ],
  });
}

type Series = JudgedMethod & { readonly name: string };

/**
 * The methods in the order of the settings, so that each looks the same in every chart, with names
 * for a legend.
 */
function seriesOf(
  { methods, ranked, control }: Judgement,
  text: (method: JudgedMethod) => string,
): readonly Series[] {
  const all: readonly JudgedMethod[] = [...ranked, control];
  const nameOf = (method: Method) =>
    methodTitle(method) + (method === control.method ? ' (control)' : '');
  return methods.map((method) => {
    const judged = all.find((candidate) => candidate.method === method)!;
    return { ...judged, name: `${nameOf(method)}: ${text(judged)}` };
  });
}

const names = (series: readonly Series[]): readonly string[] => series.map(({ name }) => name);

/** Grey for the control, the last. */
const coloursOf = (series: readonly Series[]): readonly string[] =>
  series.map((_, i) => (i === series.length - 1 ? ink.medium : palette[i % palette.length]!));

/** `16 cat and 16 dog images, explained for the predicted class`. */
const imagesText = (
  { images, negative, positive }: Judgement,
  { class: name, classes }: Frame,
): string => {
  const counts =
    negative === undefined
      ? formatCountOf(images, 'image')
      : `${formatCount(negative)} ${classes[0]} and ${formatCount(positive!)} ${classes[1]} images`;
  return `${counts}, explained for ${classText(name)}`;
};

const replacements: Readonly<Record<BaselineName, string>> = {
  blur: 'the blurred image',
  mean: "the image's mean colour",
  noise: "the image's own pixels, shuffled",
};

/** `pixels replaced by the blurred image, given the same class in 12 of 32 images`. */
function baselineText({ kept, images, negative }: Judgement, { curveBaseline }: Frame): string {
  // With more than two classes, the predicted one may have a lower probability.
  const has =
    negative === undefined
      ? 'with a probability of the class of at least 0.5'
      : 'given the same class';
  return `pixels replaced by ${replacements[curveBaseline]}, ${has} in ${formatCount(kept)} of ${formatCountOf(images, 'image')}`;
}
