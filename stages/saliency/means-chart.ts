import type { TopLevelSpec } from 'vega-lite';
import { formatCountOf, formatLevel, formatList } from '../../src/format-numbers.ts';
import { withColourBar } from '../../src/learning/charts/colour-bar.ts';
import { type ImageBlock, imageSheet } from '../../src/learning/charts/image-sheet.ts';
import { formatDistance, formatSharing, numberAt, oneDraw } from '../../src/learning/explanations/format-measured.ts';
import { colourScale } from '../../src/learning/explanations/map-pictures.ts';
import { colours } from './paint.ts';
import { concentrationFinding, type Findings, titled } from './texts.ts';

const side = 190;

/** The mean maps of one net, by label: data URIs; undefined where a class has no images. */
export type MeanPictures = readonly (string | undefined)[];

/** The mean map of each class, and those of the untrained net beside them. */
export function meansChart(
  trained: MeanPictures,
  untrained: MeanPictures | undefined,
  findings: Findings,
): TopLevelSpec {
  const { classes, numbers, frame } = findings;
  const blocks = (means: MeanPictures, net: string, path: string): readonly ImageBlock[] =>
    classes.flatMap((name, label) => {
      const image = means[label];
      if (image === undefined) return [];
      const share = numberAt(numbers, `${path}${label === 0 ? 'real' : 'fake'}.meanMapTopShare`);
      const caption = share.value === null ? 'no pixel counts' : `10 % hold ${formatSharing(share)}`;
      return [
        { header: `${name}${net}`, cells: [{ image, caption, description: `Mean map of ${name}${net}: ${caption}` }] },
      ];
    });
  const sheet = imageSheet({
    title: titled(frame, concentrationFinding(numbers, frame.method)),
    subtitle: subtitle(findings),
    blocks: [
      [...blocks(trained, '', ''), ...(untrained === undefined ? [] : blocks(untrained, ', untrained', 'untrained.'))],
    ],
    across: 1,
    side,
  });
  return withColourBar(sheet, bar);
}

function subtitle({ classes, counts, numbers, frame }: Findings): string {
  const images = formatList(
    classes.flatMap((name, label) => (counts[label] === 0 ? [] : [formatCountOf(counts[label]!, `${name} image`)])),
  );
  const means = `Means over ${images} of maps from 0 to 1, scaled to 0 to 1 themselves. Below them what their most salient 10 % hold, on 16 × 16 cells; intervals at ${formatLevel(frame.confidence)}.`;
  const note = numbers['untrained'] === undefined ? '' : ` ${oneDraw}`;
  if (numberAt(numbers, 'distance').value === null) return means + note;
  const { confidence } = frame;
  const apart = formatDistance(numbers, '', confidence);
  const chance = formatSharing(numberAt(numbers, 'distanceByChance'));
  const hasUntrained = numberAt(numbers, 'untrained.distance').value !== null;
  const beside = hasUntrained ? `; untrained ${formatDistance(numbers, 'untrained.', confidence)}` : '';
  return `${means} Of the mass of one mean, ${apart} lies elsewhere than that of the other, ${chance} by chance${beside}.${note}`;
}

const bar = {
  ...{ title: 'map', ...colourScale(colours), length: side },
  ...{ values: [0, 0.25, 0.5, 0.75, 1], labels: '.2~f' },
};
