import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ChosenImages, camSheet } from './sheet.ts';
import { spec } from './spec.ts';

/** The sheet of a network that calls the only image of each of two classes right. */
async function sheetOfRight(classes: readonly [string, string]) {
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
  const subject = { classes, samples: [{ path: 'a' }, { path: 'b' }] };
  const row = { name: '', layer: 'conv3', subject, chosen };
  const sheet = await camSheet([row], spec.settings.parse({}), { title: 'CAM', notes: [] });
  return JSON.parse(JSON.stringify(sheet));
}

test('where no prediction is wrong, the header says so, and no room is left for it', async () => {
  const { data, layer } = await sheetOfRight(['real', 'fake']);
  assert.equal(data.values.length, 4);
  const headers = layer.find((one: { data?: { name: string } }) => one.data?.name === 'headers')
    .data.values;
  assert.deepEqual(
    headers.map(({ header }: { header: string }) => header.replaceAll('\n', ' ')),
    ['layer conv3; predicted right: 1 of 1 real, 1 of 1 fake', 'predicted wrong: none'],
  );
});

test('the name of a class is shown whole, in several lines where it is wider than an image', async () => {
  const { data } = await sheetOfRight(['tabby', 'n02113023-Pembroke Welsh corgi']);
  assert.deepEqual(
    data.values.map(({ caption }: { caption: string }) => caption.replaceAll('\n', '|')),
    [
      'class: tabby|predicted: tabby|73.1 %',
      'Grad-CAM|for tabby|the same|everywhere',
      'class:|n02113023-|Pembroke Welsh|corgi|predicted:|n02113023-|Pembroke Welsh|corgi|73.1 %',
      'Grad-CAM|for|n02113023-|Pembroke Welsh|corgi|the same|everywhere',
    ],
  );
});
