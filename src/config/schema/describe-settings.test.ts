import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { describeSettings } from './describe-settings.ts';

test('settings are listed flat, with type, range, default and the forms that one has', () => {
  const settings = z.strictObject({
    model: z.enum(['simple-net', 'xception']).describe('The network.'),
    epochs: z.int().positive().max(100).default(5),
    mean: z.tuple([z.number(), z.number(), z.number()]).optional(),
    optimizer: z.discriminatedUnion('kind', [
      z.strictObject({ kind: z.literal('adam'), learningRate: z.number().positive().default(0.001).describe('Step.') }),
      z.strictObject({ kind: z.literal('sgd'), momentum: z.number().min(0).max(1).default(0.9) }),
    ]),
    splits: z.array(z.string()).default(['val']),
    size: z.union([
      z.enum(['small', 'large']),
      z.strictObject({ widths: z.array(z.union([z.enum(['half']), z.strictObject({ times: z.number() })])) }),
    ]),
  });
  const rows = describeSettings(settings).map(({ path, type, fallback, summary }) =>
    [path, type, fallback, summary].join(' | '),
  );
  assert.deepEqual(rows, [
    'model | simple-net | xception | required | The network.',
    'epochs | integer > 0, ≤ 100 | 5 | ',
    'mean | 3 of number | — | ',
    'optimizer | map (kind: adam or kind: sgd) | required | ',
    'optimizer.learningRate | number > 0 | 0.001 | with kind: adam: Step.',
    'optimizer.momentum | number ≥ 0, ≤ 1 | 0.9 | with kind: sgd',
    'splits | list of string | [val] | ',
    'size | small | large or map | required | ',
    'size.widths | list of half or map | required | as a map',
  ]);
});
