import type { TopLevelSpec } from 'vega-lite';
import { formatEstimate, formatLevel } from '../../src/format-numbers.ts';
import { chartTitle } from '../../src/learning/charts/chart-title.ts';
import { fitText } from '../../src/learning/charts/fit-text.ts';
import type { Judgement } from './judge.ts';
import { methodScales, seriesTitle } from './method-scales.ts';
import { drawsText, type Frame, imagesText, titled } from './texts.ts';

const step = 52;
const least = 480;
const height = 300;
/** Longer names of layers stand aslant. */
const longest = 7;

const labelWidth = 225;

const none = 'none';
const another = 'other image';

/**
 * How like maps are to what they were, as weights are drawn anew from the logits down: a line for each method. Apart from them, with
 * all weights new, how like maps of other images are: what a line keeps no more than that says nothing of the image.
 */
export function randomisationChart(judgement: Judgement, frame: Frame): TopLevelSpec {
  const { ranked, control, depths, methods } = judgement;
  const all = [...ranked.toSorted((a, b) => a.newWeights!.own.estimate - b.newWeights!.own.estimate), control];
  const names = all.map((method) => `${seriesTitle(method.method)}: ${formatEstimate(method.newWeights!.own)}`);
  const scales = methodScales(
    all.map(({ method }, i) => ({ method, name: names[i]! })),
    methods,
  );
  const places = [none, ...depths.map(({ layer }) => layer), another];
  const rows = all.flatMap(({ likeness, newWeights }, i) => {
    // Of maps that are the same everywhere, nothing is known: not even a beginning.
    if (Number.isNaN(newWeights!.own.estimate)) return [];
    const ends = [1, ...likeness.map(({ estimate }) => estimate), newWeights!.others.estimate];
    const [series, dash] = [names[i]!, scales.strokeDash.range[i]!];
    return ends.map((value, place) => ({ series, dash, layer: places[place]!, likeness: value }));
  });
  const width = Math.max(least, step * places.length);
  const x = {
    field: 'layer',
    type: 'ordinal' as const,
    title: 'Weights drawn anew, from the logits down to this layer',
    sort: places,
    scale: { domain: places },
    axis: {
      labelAngle: depths.some(({ layer }) => layer.length > longest) ? -40 : 0,
      ...{ grid: false, labelLimit: labelWidth + 1, labelOverlap: false },
      labelExpr: `${JSON.stringify(Object.fromEntries(places.map((name) => [name, labelOf(name)])))}[datum.label]`,
    },
  };
  const y = {
    field: 'likeness',
    type: 'quantitative' as const,
    title: 'Rank correlation with the map as it was',
    scale: { domain: [Math.min(0, ...rows.map(({ likeness }) => likeness)), 1], nice: true },
  };
  const legend = {
    title: `With all weights new, ${formatLevel(frame.confidence)} interval`,
    symbolSize: 90,
    orient: 'bottom' as const,
    direction: 'vertical' as const,
    titleAnchor: 'start' as const,
    titleLimit: width,
  };
  const bySeries = { field: 'series', type: 'nominal' as const };
  const notes = [
    imagesText(judgement, frame),
    'lower is better, for a map that means something follows the weights',
    `with all weights new: ${drawsText(judgement)}`,
    `“${another}”: then, the map of another image`,
  ];
  return {
    title: chartTitle(titled(frame, 'Randomised weights'), notes.join('; '), width + 50),
    width,
    height,
    data: { name: 'likeness', values: rows.map((row) => ({ ...row, likeness: Number(row.likeness.toFixed(5)) })) },
    layer: [
      {
        transform: [{ filter: `datum.layer !== '${another}'` }],
        mark: { type: 'line' },
        encoding: {
          ...{ x, y },
          color: { ...bySeries, scale: scales.color, legend },
          // Without a scale, since a legend's points would be drawn with its dashes.
          strokeDash: { field: 'dash', type: 'nominal', scale: null },
        },
      },
      {
        mark: { type: 'point', opacity: 1 },
        encoding: {
          ...{ x, y },
          color: { ...bySeries, scale: scales.color, legend },
          shape: { ...bySeries, scale: scales.shape, legend },
        },
      },
    ],
  };
}

/** Two lines, or of a layer in blocks the inner one and its own name: the data has all of it. */
function labelOf(name: string): string | readonly string[] {
  return name === another ? another.split(' ') : fitText(name.split('/').slice(-2).join('/'), labelWidth, { size: 12 });
}
