import { nameSeries } from '../../../src/learning/charts/series.ts';
import { openDataset } from '../../../src/learning/vision/dataset/open-dataset.ts';
import type { DrawForm } from '../draw-form.ts';
import { countSplit, statisticsChart } from './statistics-chart.ts';

export const draw: DrawForm = ({ inputs, settings }) => {
  const items = inputs('dataset');
  const { names, shared } = nameSeries(items.map(({ labels }) => labels));
  const splits = items.flatMap(({ path }, index) => {
    const { classes, splits, split } = openDataset(path);
    const dataset = items.length > 1 ? names[index] : undefined;
    return splits.map((name) => countSplit({ dataset, split: name, classes, samples: split(name).samples }));
  });
  return statisticsChart(splits, { title: settings.title, labels: shared });
};
