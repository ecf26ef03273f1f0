import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { temporaryFolder } from '../../../../test/support/temporary-folder.ts';
import { openWeights } from './open-weights.ts';
import { encodeSafetensors } from './safetensors.ts';
import { dictionary, floats, tensor, torchZip } from './testing-pickles.ts';

const view = { key: '0', length: 2, shape: [2], strides: [1] };

const forms = {
  pytorch: (names: readonly string[]) =>
    torchZip(dictionary(Object.fromEntries(names.map((name) => [name, tensor(view)]))), {
      '0': floats(1, 2),
    }),
  safetensors: (names: readonly string[]) =>
    encodeSafetensors(names.map((name) => ({ name, shape: [2], values: Float32Array.of(1, 2) }))),
};

async function namesIn(t: TestContext, bytes: Uint8Array): Promise<readonly string[]> {
  const path = join(temporaryFolder(t), 'weights');
  writeFileSync(path, bytes);
  using weights = await openWeights([path]);
  for (const [name, { name: own, read }] of weights.tensors) {
    assert.equal(own, name);
    assert.deepEqual([...read()], [1, 2]);
  }
  return [...weights.tensors.keys()];
}

for (const [format, write] of Object.entries(forms)) {
  test(`prefixes that wrappers give every name of ${format} are left out, in any order`, async (t) => {
    const read = (...names: string[]) => namesIn(t, write(names));
    assert.deepEqual(await read('module.a', 'module.b'), ['a', 'b']);
    assert.deepEqual(await read('_orig_mod.a', '_orig_mod.b'), ['a', 'b']);
    assert.deepEqual(await read('module._orig_mod.a', 'module._orig_mod.b'), ['a', 'b']);
    assert.deepEqual(await read('_orig_mod.module.a', '_orig_mod.b'), ['module.a', 'b']);
    assert.deepEqual(await read('module.a', 'modules.b'), ['module.a', 'modules.b']);
  });
}
