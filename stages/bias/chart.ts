import type { TopLevelSpec } from 'vega-lite';
import { formatLevel } from '../../src/format-numbers.ts';
import { chart, domainOf } from '../../src/learning/charts/encoders.ts';
import { intervalRows } from '../../src/learning/charts/interval-rows.ts';
import { formatArea } from '../../src/learning/metrics/comparison/format-areas.ts';
import type { Bias } from './measure-bias.ts';

const width = 380;

/** Two rows for each property: the control as an outline, and the exchange between the classes. */
export function biasChart(
  biases: readonly Bias[],
  { split, confidence }: { readonly split: string; readonly confidence: number },
): TopLevelSpec {
  const rows = biases.flatMap(({ property, control, after }) => [
    {
      name: `${property}, own class`,
      value: control.estimate,
      low: control.low,
      high: control.high,
      isOpen: true,
    },
    { name: `${property}, other class`, value: after.estimate, low: after.low, high: after.high },
  ]);
  const before = biases[0]!.before.estimate;
  const ends = rows.flatMap(({ low, high }) => [low, high]);
  return chart(
    `AUC on ${split} after images took a property of another`,
    `Dashed: before, ${formatArea(before)}; outlines: the control; lines: ${formatLevel(confidence)} intervals`,
    width + 160,
    intervalRows(rows, {
      dataName: 'properties',
      label: `AUC on ${split}`,
      width,
      domain: domainOf([...ends, before, 0.5], [0, 1]),
      ruled: before,
    }),
  );
}
