import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '../../../../test/support/temporary-folder.ts';
import { encodeModel } from '../../../backend/lowering/onnx-writer.ts';
import { StageError } from '../../../stage.ts';
import { openGraph } from '../graph-network.ts';

test('an ONNX file that becomes layers has images, of a size that memory holds', (t) => {
  const path = join(temporaryFolder(t), 'net.onnx');
  const open = (shape: readonly (number | string)[]) => {
    const relu = { type: 'Relu', domain: '', inputs: ['x'], outputs: ['y'], attributes: {} };
    const inputs = [{ name: 'x', type: 'float32', shape }] as const;
    const outputs = [{ name: 'y', type: 'float32' }] as const;
    writeFileSync(path, encodeModel({ nodes: [relu], initializers: [], inputs, outputs }));
    return openGraph(path);
  };
  assert.equal(open(['batch', 3, 4096, 4096]).size, 4096);
  assert.throws(
    () => open(['batch', 3, 4097, 4097]),
    new StageError(
      'Expected images of 1 to 4096 pixels a side, but "x" of net.onnx is [batch, 3, 4097, 4097].',
    ),
  );
  for (const images of [0, 1025]) {
    assert.throws(
      () => open([images, 3, 8, 8]),
      new StageError(
        `Expected 1 to 1024 images of a pass, or a free number, but "x" of net.onnx is [${images}, 3, 8, 8].`,
      ),
    );
  }
});
