import { formatLevel } from '../../src/format-numbers.ts';
import { methodTitle } from '../../src/learning/attribution/methods.ts';
import {
  formatChange,
  formatDistance,
  formatSharing,
  numberAt,
} from '../../src/learning/explanations/format-measured.ts';
import type { Numbers } from '../../src/learning/explanations/map-metrics.ts';
import type { Highlight } from '../../src/stage.ts';
import type { Frame } from './texts.ts';

/** What is shown at the end of a run: a row for each net, and one for their difference. */
export function saliencyTable(numbers: Numbers, frame: Frame): Highlight {
  const nets: readonly Net[] =
    numbers['untrained'] === undefined
      ? [['trained', '']]
      : [
          ['trained', ''],
          ['untrained, one draw', 'untrained.'],
          ['trained − untrained', 'aboveUntrained.'],
        ];
  const hasMasks = numbers['masks'] !== undefined;
  const row = ([name, path]: Net) => {
    const format = path === 'aboveUntrained.' ? formatChange : formatSharing;
    const share = (at: string) => format(numberAt(numbers, path + at));
    const scores = hasMasks ? [share('masks.pointingGame'), share('masks.intersectionOverUnion')] : [];
    const apart = path === 'aboveUntrained.' ? share('distance') : formatDistance(numbers, path, frame.confidence);
    return [name, share('real.topShare'), share('fake.topShare'), apart, ...scores];
  };
  const chance = (at: string) => formatSharing(numberAt(numbers, `masks.${at}ByChance`));
  return {
    title: `${methodTitle(frame.method)} on ${frame.split}, intervals at ${formatLevel(frame.confidence)}`,
    columns: [
      'net',
      'real: 10 % of pixels hold',
      'fake: 10 % of pixels hold',
      'means lie elsewhere',
      ...(hasMasks ? ['points into mask', 'overlap with mask'] : []),
    ],
    rows: [
      ...nets.map(row),
      [
        'by chance',
        '10 %',
        '10 %',
        formatSharing(numberAt(numbers, 'distanceByChance')),
        ...(hasMasks ? [chance('pointingGame'), chance('intersectionOverUnion')] : []),
      ],
    ],
  };
}

/** What it is called, and where its numbers stand. */
type Net = readonly [name: string, path: string];
