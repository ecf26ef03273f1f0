import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { describeSettings } from './describe-settings.ts';

test('settings are listed flat, with type, range, default and the forms that one has', () => {
  const rate = z.number().positive();
  const share = z.number().min(0).lt(1);
  const decay = share.optional().describe('Of weights.');
  const settings = z.strictObject({
    model: z.enum(['simple-net', 'xception']).describe('The network.'),
    epochs: z.int().positive().max(100).default(5),
    mean: z.tuple([z.number(), z.number(), z.number()]).optional(),
    optimizer: z.discriminatedUnion('kind', [
      z.strictObject({
        kind: z.literal('adam'),
        learningRate: rate.default(0.001).describe('Step.'),
        decay,
      }),
      z.strictObject({
        kind: z.literal('sgd'),
        learningRate: rate,
        momentum: share.default(0.9),
        decay,
      }),
      z.strictObject({
        kind: z.literal('adamw'),
        learningRate: rate.default(0.001).describe('Step.'),
        decay,
      }),
    ]),
    clip: z.union([z.strictObject({ norm: rate }), z.strictObject({ value: rate })]).optional(),
    sets: z.record(
      z.string(),
      z.union([z.string(), z.strictObject({ path: z.string().describe('Where.') })]),
    ),
    unfreeze: z.array(z.strictObject({ epoch: z.int() })).default([{ epoch: 2 }]),
    splits: z.array(z.string()).default(['val']),
    size: z.union([
      z.enum(['small', 'large']),
      z.strictObject({
        widths: z.array(z.union([z.enum(['half']), z.strictObject({ times: z.number() })])),
      }),
    ]),
  });
  const rows = describeSettings(settings).map(({ path, type, fallback, summary }) =>
    [path, type, fallback, summary].join(' | '),
  );
  assert.deepEqual(rows, [
    'model | simple-net | xception | required | The network.',
    'epochs | integer > 0, ≤ 100 | 5 | ',
    'mean | list of 3 numbers | — | ',
    'optimizer | map (kind: adam or sgd or adamw) | required | ',
    'optimizer.learningRate | number > 0 | 0.001 | with kind: adam or adamw: Step.',
    'optimizer.learningRate | number > 0 | required | with kind: sgd',
    'optimizer.decay | number ≥ 0, < 1 | — | Of weights.',
    'optimizer.momentum | number ≥ 0, < 1 | 0.9 | with kind: sgd',
    'clip | map | — | ',
    'clip.norm | number > 0 | required | as { norm }',
    'clip.value | number > 0 | required | as { value }',
    'sets | map to (string or map) | required | ',
    'sets.*.path | string | required | Where.',
    'unfreeze | list of map | [{ epoch: 2 }] | ',
    'unfreeze[].epoch | integer | required | ',
    'splits | list of string | [val] | ',
    'size | small | large or map | required | ',
    'size.widths | list of (half or map) | required | ',
    'size.widths[].times | number | required | ',
  ]);
});
