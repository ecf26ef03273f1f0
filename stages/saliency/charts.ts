import type { TopLevelSpec } from 'vega-lite';
import { defaultNames } from '../../src/default-class-names.ts';
import {
  formatCountOf,
  formatLevel,
  formatList,
  formatShare,
  formatSigned,
} from '../../src/format-numbers.ts';
import { explainsClass, type Method, methodTitle } from '../../src/learning/attribution/methods.ts';
import { scoreOf } from '../../src/learning/attribution/questions/explained-score.ts';
import type { ScoreKind } from '../../src/learning/attribution/questions/question.ts';
import { titleOf } from '../../src/learning/charts/chart-title.ts';
import { withColourBar } from '../../src/learning/charts/colour-bar.ts';
import {
  type ImageBlock,
  type ImageCell,
  imageSheet,
  inRows,
} from '../../src/learning/charts/image-sheet.ts';
import {
  attendedText,
  classText,
  mapColourBar,
  scoreText,
} from '../../src/learning/explanations/map-pictures.ts';
import type { MeasuredSurvey } from '../../src/learning/explanations/measure-survey.ts';
import {
  chanceNote,
  changeAt,
  distanceAt,
  oneDraw,
  shareAt,
} from '../../src/learning/explanations/measured-texts.ts';
import { predictedClasses } from '../../src/learning/metrics/arithmetic/logits.ts';
import type { Highlight } from '../../src/stage.ts';

/**
 * Perceptually uniform, also in grey and to the colour-blind; the bands of jet would show edges
 * where maps have none.
 */
export const colours = 'viridis';

/** Side of a mean map, in units. */
const meanSide = 190;

/** An image and its map, as data URIs. */
export type ShownImage = Readonly<Record<'key' | 'image' | 'map', string>> & {
  readonly label: number;
  readonly logits: ArrayLike<number>;
};

/** What titles and notes say of the explanation. */
interface FrameSettings {
  readonly split: string;
  readonly method: Method;
  /** `label`, `predicted`, or a class's name. */
  readonly class: string;
  readonly score: ScoreKind;
  readonly confidence: number;
  /** Begins the titles in place of the method and the split. */
  readonly title?: string;
}

/** What charts and tables show besides images. */
export interface Frame {
  /** Names, in label order. */
  readonly classes: readonly string[];
  readonly measured: MeasuredSurvey;
  readonly settings: FrameSettings;
  /** The axis values of the model. */
  readonly labels: Readonly<Record<string, string>>;
}

const numbersOf = ({ measured, settings }: Frame) => measured.methods.get(settings.method)!;

/**
 * Classes whose mean maps are shown, also in a table; mean maps beside each other; and classes that
 * a sentence counts.
 */
const mostRows = 20;
const mostBeside = 6;
const mostNamed = 4;

/** `topShare` is NaN for a map of zeros. */
type RatedImage = ShownImage & { readonly topShare: number };

/** Images beside their maps, a block for each class. */
export function saliencySheet(images: readonly RatedImage[], frame: Frame): TopLevelSpec {
  const { classes, measured, settings, labels } = frame;
  const blocks = classes.flatMap((name, label) => {
    const members = images.filter((image) => image.label === label);
    const header = `${members.length} of ${formatCountOf(measured.counts[label]!, `${name} image`)}`;
    return members.length === 0
      ? []
      : [{ header, cells: members.flatMap((image) => cellsOf(image, classes)) }];
  });
  const across = 6; // three pairs
  const widest = Math.max(...blocks.map(({ cells }) => Math.min(across, cells.length)));
  const difference =
    classes.length === 2
      ? `${classes[1]} minus that of ${classes[0]}`
      : 'its class minus that of all others';
  const marked = explainsClass(settings.method)
    ? `yellow where ${scoreText(settings.score, classText(settings.class), classes)} depends most on the pixels, dark violet where it does not,`
    : `yellow ${attendedText}, whatever the class, dark violet where least,`;
  const subtitle = [
    `Left of each pair the image, with its score of ${difference}. Right its map, with the share that its most salient 10 % of pixels hold:`,
    marked,
    'each map on its own scale, up to its most salient 1 %.',
    chanceNote(measured) ?? [],
  ];
  return imageSheet({
    title: titleOf(`${methodTitle(settings.method)} maps`, settings, labels),
    subtitle: subtitle.flat().join(' '),
    blocks: inRows(blocks, Math.max(2, Math.floor((2 * across) / widest))),
    across,
  });
}

function cellsOf(
  { key, logits, label, image, map, topShare }: RatedImage,
  classes: readonly string[],
): ImageCell[] {
  const isPair = classes.length === 2;
  const difference = formatSigned(
    scoreOf(Float32Array.from(logits), isPair ? 1 : label, 'margin'),
    2,
  );
  const outcome = predictedClasses(logits, logits.length)[0] === label ? 'right' : 'wrong';
  const share = Number.isNaN(topShare) ? 'zero everywhere' : formatShare(topShare, 0);
  const description = `${key}: ${isPair ? `${classes[1]} − ${classes[0]}` : 'own class − others'} ${difference}, ${outcome}`;
  return [
    { image, caption: difference, outcome, description },
    { image: map, caption: share, description: `Map of ${key}: ${share}` },
  ];
}

/** Data URIs of a network's mean maps, by label; undefined for a class without images. */
type MeanPictures = readonly (string | undefined)[];

/** The mean map of each class, and those of the untrained network beside them. */
export function meansChart(
  trained: MeanPictures,
  untrained: MeanPictures | undefined,
  frame: Frame,
): TopLevelSpec {
  const { classes, measured, settings, labels } = frame;
  const blocksOf = (means: MeanPictures, net: string, path: string): readonly ImageBlock[] =>
    classes.slice(0, mostRows).flatMap((name, label) => {
      const image = means[label];
      if (image === undefined) return [];
      const share = shareAt(numbersOf(frame), `${path}${measured.keys[label]}.meanMapTopShare`);
      const caption = share === '–' ? 'zero everywhere' : `10 % hold ${share}`;
      const header = `${name}${net}`;
      return [
        { header, cells: [{ image, caption, description: `Mean map of ${header}: ${caption}` }] },
      ];
    });
  const { counts } = measured;
  const images = classes.flatMap((name, label) =>
    counts[label] === 0 ? [] : [formatCountOf(counts[label]!, `${name} image`)],
  );
  const many = `${formatCountOf(measured.images, 'image')} of ${classes.length} classes`;
  const subtitle = [
    `Means of the maps of ${classes.length > mostNamed ? many : formatList(images)}, scaled to 0 to 1 before and after.`,
    `Below each, the share that its most salient 10 % hold, on 16 × 16 cells, with ${formatLevel(settings.confidence)} interval.`,
    untrained === undefined ? [] : oneDraw,
    chanceNote(measured) ?? [],
  ];
  const trainedBlocks = blocksOf(trained, '', '');
  const random = untrained ? blocksOf(untrained, ', untrained', 'untrained.') : [];
  const sheet = imageSheet({
    title: titleOf(`Mean ${methodTitle(settings.method)} maps`, settings, labels),
    subtitle: subtitle.flat().join(' '),
    blocks:
      classes.length === 2
        ? [[...trainedBlocks, ...random]]
        : [...inRows(trainedBlocks, mostBeside), ...inRows(random, mostBeside)],
    across: 1,
    side: meanSide,
  });
  const bar = { title: 'map', length: meanSide, values: [0, 0.25, 0.5, 0.75, 1], labels: '.2~f' };
  return withColourBar(sheet, mapColourBar(colours, bar));
}

/** A row for each network, one for their difference, and one for chance. */
export function saliencyTable(frame: Frame): Highlight {
  const { method, split, confidence } = frame.settings;
  const numbers = numbersOf(frame);
  const hasUntrained = numbers.has('untrained.topShare');
  const hasMasks = numbers.has('masks.pointingGame');
  const isPair = frame.classes.length === 2;
  const shares = isPair ? defaultNames.map((name) => `${name}.topShare`) : ['topShare'];
  const scores = hasMasks ? ['masks.pointingGame', 'masks.intersectionOverUnion'] : [];
  const net = (name: string, path: string, format: typeof shareAt, distance: string) => [
    name,
    ...shares.map((share) => format(numbers, path + share)),
    distance,
    ...scores.map((score) => format(numbers, path + score)),
  ];
  return {
    title: `${methodTitle(method)} on ${split}, ${formatLevel(confidence)} intervals`,
    columns: [
      'network',
      ...(isPair ? frame.classes.map((name) => `${name}: `) : ['']).map(
        (of) => `${of}10 % of pixels hold`,
      ),
      'mean maps differ in',
      ...(hasMasks ? ['points into mask', 'overlap with mask'] : []),
    ],
    rows: [
      net('trained', '', shareAt, distanceAt(numbers, '', confidence)),
      ...(hasUntrained
        ? [
            net(
              'untrained, one draw',
              'untrained.',
              shareAt,
              distanceAt(numbers, 'untrained.', confidence),
            ),
            net(
              'trained − untrained',
              'aboveUntrained.',
              changeAt,
              changeAt(numbers, 'aboveUntrained.distance'),
            ),
          ]
        : []),
      [
        'by chance',
        ...shares.map(() => '10 %'),
        shareAt(numbers, 'distanceByChance'),
        ...scores.map((score) => shareAt(numbers, `${score}ByChance`)),
      ],
    ],
  };
}

/**
 * A row for each of more than two classes: how concentrated its maps are, and the class whose mean
 * map is furthest from its own.
 */
export function classesTable(frame: Frame): Highlight {
  const { keys, counts } = frame.measured;
  const numbers = numbersOf(frame);
  const farthest = (key: string) => {
    const peers = keys.filter((peer) => peer !== key);
    const pathOf = (peer: string) =>
      [`distances.${key}.${peer}`, `distances.${peer}.${key}`].find((path) => numbers.has(path));
    const apart = (peer: string) => numbers.get(pathOf(peer) ?? '')?.estimate || 0;
    const [first] = peers.toSorted((a, b) => apart(b) - apart(a));
    return pathOf(first!) === undefined ? '–' : `${first}, ${shareAt(numbers, pathOf(first!)!)}`;
  };
  const rows = keys.map((key, label) => [
    frame.classes[label]!,
    counts[label]!,
    shareAt(numbers, `${key}.topShare`),
    farthest(key),
  ]);
  return {
    title: 'Maps by class',
    columns: ['class', 'images', '10 % of pixels hold', 'mean map furthest from that of'],
    rows: keys.length === 2 ? [] : rows.slice(0, mostRows),
  };
}
