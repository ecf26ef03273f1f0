import type { TopLevelSpec } from 'vega-lite';
import { formatCount, formatCountOf, formatShare } from '../../src/format-numbers.ts';
import { type ImageCell, imageSheet } from '../../src/learning/charts/image-sheet.ts';
import { oneDraw, signed } from '../../src/learning/explanations/format-measured.ts';
import { classText, scoreText } from '../../src/learning/explanations/score-text.ts';
import { predictedClasses } from '../../src/learning/metrics/logits.ts';
import { concentrationFinding, type Findings, titled } from './texts.ts';

/** Images with their maps in each line of a block. */
const pairsAcross = 3;

/** An image of the sheet, with its map. */
export interface ShownImage {
  readonly key: string;
  readonly label: number;
  readonly logits: readonly [real: number, fake: number];
  /** Data URIs. */
  readonly image: string;
  readonly map: string;
  /** Of the map, NaN where it is zero everywhere. */
  readonly topShare: number;
}

/** Images beside their maps, real ones in a block and fake ones in another. */
export function saliencySheet(shown: readonly ShownImage[], findings: Findings): TopLevelSpec {
  const { classes, counts, numbers, frame } = findings;
  const blocks = classes.flatMap((name, label) => {
    const own = shown.filter((image) => image.label === label);
    if (own.length === 0) return [];
    const of = `${formatCount(own.length)} of ${formatCountOf(counts[label]!, `${name} image`)}`;
    return [{ header: of, cells: own.flatMap(cellsOf) }];
  });
  return imageSheet({
    title: titled(frame, concentrationFinding(numbers, frame.method)),
    subtitle:
      `Beside each image its map: yellow is where ${scoreText(frame.score, classText(frame.class))} hangs most on the pixels, dark violet where not at all, ` +
      'each in its own scale up to its most salient 1 %. Below an image its score of fake less that of real; below a map the share of it ' +
      `that its most salient 10 % of pixels hold.${numbers['untrained'] === undefined ? '' : ` ${oneDraw}`}`,
    blocks: [blocks],
    across: 2 * pairsAcross,
  });
}

function cellsOf({ key, logits, label, image, map, topShare }: ShownImage): readonly ImageCell[] {
  const [real, fake] = logits;
  const difference = signed(fake - real, 2);
  const isRight = predictedClasses(logits)[0] === label;
  const share = Number.isNaN(topShare) ? 'no pixel counts' : formatShare(topShare, 0);
  return [
    {
      ...{ image, caption: difference, outcome: isRight ? 'right' : 'wrong' },
      description: `${key}: fake − real ${difference}, ${isRight ? 'right' : 'wrong'}`,
    },
    { image: map, caption: share, description: `Map of ${key}: ${share}` },
  ];
}
