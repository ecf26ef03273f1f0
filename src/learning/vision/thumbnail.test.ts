import assert from 'node:assert/strict';
import { test } from 'node:test';
import sharp from 'sharp';
import { decodeImage } from './decode-image.ts';
import { thumbnail } from './thumbnail.ts';

const bytesOf = (uri: string) => Buffer.from(uri.slice(uri.indexOf(',') + 1), 'base64');

const picture = (width: number, height: number) =>
  sharp({ create: { width, height, channels: 3, background: '#204060' } });

test('a thumbnail is a data URI of a small JPEG, in the proportions of the image', async () => {
  const uri = await thumbnail(await picture(300, 150).png().toBuffer());
  assert.match(uri, /^data:image\/jpeg;base64,[\w+/]+=*$/);
  const { width, height } = await decodeImage(bytesOf(uri));
  assert.deepEqual([width, height], [128, 64]);
});

test('a thumbnail is rotated as a viewer shows the image, and a small one is not enlarged', async () => {
  const sideways = await picture(40, 20).withMetadata({ orientation: 6 }).jpeg().toBuffer();
  const { width, height } = await decodeImage(bytesOf(await thumbnail(sideways, { side: 64 })));
  assert.deepEqual([width, height], [20, 40]);
});

test('a PNG thumbnail keeps the pixels, also those of a decoded image', async () => {
  const pixels = Uint8Array.from([1, 2, 3, 250, 251, 252]);
  const uri = await thumbnail({ width: 2, height: 1, pixels }, { format: 'png' });
  assert.match(uri, /^data:image\/png;/);
  assert.deepEqual([...(await decodeImage(bytesOf(uri))).pixels], [...pixels]);
});

test('the same image gives the same text', async () => {
  const bytes = await picture(200, 200).jpeg().toBuffer();
  assert.equal(await thumbnail(bytes), await thumbnail(bytes));
});

test('bytes that are no image are refused', async () => {
  await assert.rejects(thumbnail(Buffer.from('no image')), /unsupported image format/);
});
