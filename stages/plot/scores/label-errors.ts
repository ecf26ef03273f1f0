import { formatCount, formatCountOf, formatShare } from '../../../src/format-numbers.ts';
import { withLabels } from '../../../src/learning/charts/chart-title.ts';
import { captionOf, type ImageCell, imageSheet } from '../../../src/learning/charts/image-sheet.ts';
import { nameSeries } from '../../../src/learning/charts/series.ts';
import { findSuspects } from '../../../src/learning/metrics/label-errors.ts';
import {
  readScoreTable,
  rowsOfSplit,
} from '../../../src/learning/metrics/scores/read-split-scores.ts';
import { openImages } from '../../../src/learning/vision/dataset/shown-images.ts';
import { thumbnail } from '../../../src/learning/vision/thumbnail.ts';
import { describeInput } from '../../../src/read-input.ts';
import type { DrawForm } from '../forms/draw-form.ts';

/**
 * The images whose label is the least likely, in reading order. The scores may be in several files,
 * such as one for each fold.
 */
export const draw: DrawForm = async (context) => {
  const { split = 'test', images = 24, title, scoresAre } = context.settings;
  const items = context.inputs('scores');
  const searched = items.map(({ path, labels }) => {
    const what = describeInput('scores', labels);
    const table = readScoreTable(path, what, { scoresAre });
    const rows = rowsOfSplit(table.rows, split, what);
    return { all: rows.length, suspects: findSuspects({ ...table, rows }) };
  });
  const suspects = searched.flatMap((model) => model.suspects).sort((a, b) => a.margin - b.margin);
  using pictures = openImages(context, [split]);
  const cells: ImageCell[] = [];
  for (const { key, label, called, probability } of suspects.slice(0, images)) {
    cells.push({
      image: await thumbnail(await pictures.read(split, key)),
      caption: captionOf([`${label}?`, called, key.slice(key.lastIndexOf('/') + 1)]),
      description: `${key}: labelled ${label}, whose probability is ${formatShare(probability)}; called ${called}`,
    });
  }
  const all = searched.reduce((sum, model) => sum + model.all, 0);
  const { shared } = nameSeries(items.map(({ labels }) => labels));
  return imageSheet({
    title: title ?? withLabels(`Labels of ${split} that may be wrong`, shared),
    subtitle: `${formatCount(suspects.length)} of ${formatCountOf(all, 'image')} are called another class than their label; the least likely label first. Below each image: its label, the class that it is called, and its name.`,
    blocks: [[{ cells }]],
    across: 6,
  });
};
