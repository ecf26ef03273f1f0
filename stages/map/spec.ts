import { z } from 'zod';
import { splitList } from '../../src/learning/training/splits.ts';
import { output, whole } from '../../src/spec-parts.ts';
import { defineKind } from '../../src/stage.ts';

const settings = z.strictObject({
  splits: splitList
    .min(1)
    .default(['train', 'val', 'test'])
    .describe('Splits whose images are on the map, all on the same.'),
  components: whole(2)
    .default(50)
    .describe(
      'Principal components of the features, from which neighbours and map are computed; fewer where there are fewer values or images.',
    ),
  standardise: z
    .boolean()
    .default(false)
    .describe(
      'Whether each value is divided by its deviation first, so that features in different units count alike.',
    ),
  neighbours: whole(2)
    .default(15)
    .describe(
      'How many nearest images each image shall have near it on the map: few show small groups, many the whole. umap-learn counts the image itself, too: its n_neighbors is one more.',
    ),
  minDistance: z
    .number()
    .min(0)
    .max(2)
    .default(0.1)
    .describe('How near images of one group come on the map: the smaller, the denser are groups.'),
  seed: z
    .int()
    .default(7)
    .describe('Seed of the map. A second map of the next seed is made to compare it with.'),
});
export type MapSettings = z.output<typeof settings>;

export const spec = defineKind<MapSettings>({
  name: 'map',
  version: 1,
  summary:
    'Draws the images of features as points of a plane, by UMAP and by two principal components, and measures how far each can be trusted.',
  settings,
  inputs: {
    features: {
      type: 'features',
      summary: 'What embed or features made.',
      parts: ({ splits }) => splits,
    },
  },
  outputs: {
    map: {
      type: 'map',
      summary:
        'points.csv, a row for each image with its place in both layouts; map.json, and the nearest images of each.',
    },
    chart: output.chart('Both layouts, a panel for each split, with the classes as colours.'),
    metrics: output.metrics(
      'JSON: trustworthiness of both layouts, the share of neighbours that two seeds agree on, and the share of the variance that the components keep.',
    ),
  },
  example: `map:
  kind: map
  inputs: { features: embedded.features }
`,
});
