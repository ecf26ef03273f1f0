import { withLabels } from '../../../src/learning/charts/chart-title.ts';
import { principalComponents } from '../../../src/learning/metrics/multivariate/principal-components.ts';
import { selectionSplit } from '../../../src/learning/training/split-names.ts';
import { openFeatures } from '../../../src/learning/vision/features/open-features.ts';
import { StageError } from '../../../src/stage.ts';
import type { DrawForm } from '../draw-form.ts';
import { onlyInput } from '../inputs.ts';
import { componentsChart, componentsTitle } from './components-chart.ts';

export const draw: DrawForm = (context) => {
  const { title, split = selectionSplit } = context.settings;
  const { path, labels } = onlyInput(context, 'features', 'components');
  const { classes, values, ...opened } = openFeatures(path);
  const { samples, features } = opened.split(split);
  if (samples.length === 0) throw new StageError(`Expected images in the split "${split}", got none.`);
  const { coordinates, shares } = principalComponents(features, values);
  const rounded = (value: number) => Number(value.toPrecision(6)); // what can be seen, in a file of half the size
  const points = samples.map(({ key, class: name }, i) => ({
    ...{ key, class: name },
    first: rounded(coordinates[2 * i]!),
    second: rounded(coordinates[2 * i + 1]!),
  }));
  const plane = { split, classes, values, points, shares };
  return componentsChart(plane, title ?? withLabels(componentsTitle(plane), labels));
};
