import type { TopLevelSpec } from 'vega-lite';
import { formatCount, formatCountOf, formatCountRange, formatList } from '../../../src/format-numbers.ts';
import { fitText } from '../../../src/learning/charts/fit-text.ts';
import { textWidth } from '../../../src/learning/charts/text-width.ts';
import { ink } from '../../../src/learning/charts/theme.ts';
import type { ModelScores } from './read-scores.ts';

type Layers = Extract<TopLevelSpec, { layer: unknown }>['layer'];

export const width = 420;

/** One model has the room of a chart, several have less each. */
export const panelHeight = (several: boolean) => (several ? 120 : 240);

/** The name of a model above its panel, and what is to be said of it. */
export function modelHeader({ name }: ModelScores, text: string): Layers[number] {
  const font = { size: 12, weight: 'bold' } as const;
  const room = width - textWidth(`: ${text}`, font.size, font.weight);
  return {
    data: { values: [{}] },
    mark: {
      type: 'text',
      text: `${fitText(name, room, font)}: ${text}`,
      fontSize: 12,
      fontWeight: 'bold',
      align: 'left',
      limit: width + 1,
    },
    encoding: { x: { value: 0 }, y: { value: -9 } },
  };
}

/** A rule at a threshold of the difference. */
export function thresholdRule(threshold: number, scale: object): Layers {
  return [
    {
      data: { values: [{ threshold }] },
      mark: { type: 'rule', color: ink.strong, strokeWidth: 1.2 },
      encoding: { x: { field: 'threshold', type: 'quantitative', scale } },
    },
  ];
}

/** How many images of each class there are; of several models that have not the same, from how many to how many. */
export function countsOf(models: readonly ModelScores[]): string {
  const texts = models.map(({ real, fake }) => `${formatCount(real)} real and ${formatCountOf(fake, 'fake image')}`);
  const counts = models.map(({ labels }) => labels.length);
  return new Set(texts).size === 1 ? texts[0]! : formatCountRange(counts, 'image');
}

/** The model with the least of a measure, and the names of all that share the place: a title must not single one out. */
export function leadersOf(models: readonly ModelScores[], measure: (model: ModelScores) => number) {
  const least = Math.min(...models.map(measure));
  const leaders = models.filter((model) => measure(model) === least);
  const names = leaders.length > 3 ? `${leaders.length} models alike` : formatList(leaders.map(({ name }) => name));
  return { best: leaders[0]!, names };
}
