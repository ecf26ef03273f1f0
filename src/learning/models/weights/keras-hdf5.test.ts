import assert from 'node:assert/strict';
import { readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { inflateSync } from 'node:zlib';
import h5wasm, { type Group } from 'h5wasm/node';
import { temporaryFolder } from '../../../../test/support/temporary-folder.ts';
import { StageError } from '../../../stage.ts';
import { openUnchecked } from './keras-hdf5.ts';

/** A file of the layer `a`, whose group has tensors of these names. */
async function kerasFile(
  t: TestContext,
  add: (layer: Group) => void,
  names: readonly string[] = ['kernel:0'],
): Promise<string> {
  await h5wasm.ready;
  const path = join(temporaryFolder(t), 'net.h5');
  const file = new h5wasm.File(path, 'w');
  file.create_attribute('layer_names', ['a']);
  const layer = file.create_group('a');
  layer.create_attribute('weight_names', [...names]);
  add(layer);
  file.close();
  return path;
}

/** The message about a file, with its path as `FILE`. */
async function problem(path: string): Promise<string> {
  const read = async () => {
    using weights = await openUnchecked(path);
    for (const tensor of weights.tensors.values()) tensor.read();
  };
  const error: unknown = await read().then(
    () => assert.fail('it was read'),
    (error: unknown) => error,
  );
  assert.ok(error instanceof StageError, String((error as Error).stack));
  return error.message.replaceAll(path, 'FILE');
}

/** The file of another user's data, which a link names. */
async function privateFile(t: TestContext): Promise<string> {
  await h5wasm.ready;
  const path = join(temporaryFolder(t), 'private.h5');
  const file = new h5wasm.File(path, 'w');
  file.create_dataset({ name: 'd', data: new Float32Array([7, 8, 9]) });
  file.close();
  return path;
}

test('Keras weights whose tensor is a link into another file are refused, and others are read after', async (t) => {
  const secret = await privateFile(t);
  const linked = await kerasFile(t, (layer) => layer.create_external_link(secret, 'd', 'kernel:0'));
  assert.equal(
    await problem(linked),
    `Expected all weights in FILE itself, but it refers to the file ${secret}: save the weights again into one file.`,
  );
  const plain = await kerasFile(t, (layer) =>
    layer.create_dataset({ name: 'kernel:0', data: new Float32Array([1, 2]) }),
  );
  using weights = await openUnchecked(plain);
  assert.deepEqual([...weights.tensors.get('a/kernel')!.read()], [1, 2]);
});

test('Keras weights whose layer is a link into another file are refused', async (t) => {
  const secret = await privateFile(t);
  const path = join(temporaryFolder(t), 'net.h5');
  const file = new h5wasm.File(path, 'w');
  file.create_external_link(secret, '/', 'model_weights');
  file.close();
  assert.equal(
    await problem(path),
    `Expected all weights in FILE itself, but it refers to the file ${secret}: save the weights again into one file.`,
  );
});

/** The tensor `kernel:0` of 8 numbers of float32, whose bytes lie in `/etc/passwd`, compressed. */
const withExternalData = [
  'eNrr9HBx4+WS4mLi4GCAgf9Q8EYCwjeAir9IqX7j7+ESxKTQr8+XjYybBQQYGBIZIcr0oMq5mBiAIqJCDCwII2GAx5',
  'eBgZmBh0EECBlyEitTi+LzEnNTixkkFRkZgGaBMcQ8DgYmRiCAGopCcyCL/Q6wvovddRVMQsjeggF87gP5px9qVxTU',
  'SjZhkFUc2alFeak5VgYZ0NBhEGfABdKfOyz3d/bwxm4/Gw/IPMbEc1DVJteulYFU8/iBwoYXEjblqZnpGSUkBg4HUu',
  'AwAfHZj+Zx4KBRRA8aBkZGoCUgM1igemE0swgDo6CCPJSvwCDOwSBeD2SxAkONmYsD6CNmRgZoEAjAPLyBYciBK/kP',
  'JBlGwSgYBaNg5AF3Z38fRqQyHL0qSWRAVCNItQoDrBaEmXOAfzQsR8EoGAWjYBSMglEwCkbBKBgFo2AUjILBCxrsgY',
  'QDEAFxg4OHq2MASNQCKgsb5DaQQNWln1qSrF+QWFxcnoIyXqCAwxbw8DNjBQNsuJkDbTyBmOFm2MA5zA52DYi9jEAo',
  'IIFqHgOae7ZKCSgCAJbVnlI=',
];

test('Keras weights whose numbers lie in another file are refused: they could be a user’s secrets', async (t) => {
  const path = join(temporaryFolder(t), 'net.h5');
  writeFileSync(path, inflateSync(Buffer.from(withExternalData.join(''), 'base64')));
  assert.equal(
    await problem(path),
    'Expected all weights in FILE itself, but it refers to the file /etc/passwd: save the weights again into one file.',
  );
});

test('Keras weights that are cut short are said to be, and others are read after', async (t) => {
  const add = (layer: Group) =>
    layer.create_dataset({ name: 'kernel:0', data: new Float32Array([1, 2]) });
  const cut = await kerasFile(t, add);
  const { length } = readFileSync(cut);
  truncateSync(cut, length - 1);
  assert.equal(
    await problem(cut),
    `Expected Keras weights in HDF5, but opening FILE failed: truncated file: eof = ${length - 1}, sblock->base_addr = 0, stored_eof = ${length}.`,
  );
  using weights = await openUnchecked(await kerasFile(t, add));
  assert.deepEqual([...weights.tensors.get('a/kernel')!.read()], [1, 2]);
});

test('a small file of Keras weights that asks for gigabytes is refused before they are taken', async (t) => {
  const path = await kerasFile(t, (layer) => {
    const numbers = { data: new Float32Array(16), shape: [16], maxshape: [null], chunks: [1024] };
    layer.create_dataset({ name: 'kernel:0', ...numbers }).resize([2 ** 27]);
  });
  const message = await problem(path);
  assert.match(
    message,
    /^Expected at most \d+ bytes of tensors in FILE, which is \d+ bytes long, got 536870912: save the weights again without compression\.$/,
  );
});
