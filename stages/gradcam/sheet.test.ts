import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ChosenImages, camSheet } from './sheet.ts';
import { spec } from './spec.ts';

test('where no prediction is wrong, the header says so, and no room is left for it', async () => {
  const chosen = new ChosenImages({ images: 2, most: 1, split: 'test', seed: 7 });
  const map = { height: 1, width: 1, values: Float32Array.of(1) };
  for (const label of [0, 1]) {
    const logits = label === 0 ? ([1, 0] as const) : ([0, 1] as const);
    const pixels = () => ({ width: 1, height: 1, pixels: new Uint8Array(3) });
    chosen.offer({
      index: label,
      position: label,
      label,
      class: label,
      logits,
      maps: [map],
      pixels,
    });
  }
  const subject = { classes: ['real', 'fake'], samples: [{ path: 'a' }, { path: 'b' }] };
  const row = { name: '', layer: 'conv3', subject, chosen };
  const sheet = await camSheet([row], spec.settings.parse({}), { title: 'CAM', notes: [] });
  const { data, layer } = JSON.parse(JSON.stringify(sheet));
  assert.equal(data.values.length, 4);
  const headers = layer.find((one: { data?: { name: string } }) => one.data?.name === 'headers')
    .data.values;
  assert.deepEqual(
    headers.map(({ header }: { header: string }) => header.replaceAll('\n', ' ')),
    ['layer conv3; predicted right: 1 of 1 real, 1 of 1 fake', 'predicted wrong: none'],
  );
});
