import assert from 'node:assert/strict';
import { it } from 'node:test';
import { exactJson, peakMemory, type TraceNode, TraceValue } from './trace.ts';

/** An array of so many KiB. */
function kibibytes(size: number, what: 'leaf' | 'passing' | 'result'): TraceValue {
  const value = new TraceValue(
    [size, 256],
    'float32',
    what === 'leaf' ? new Float32Array(256 * size) : undefined,
  );
  value.alive = what === 'result';
  return value;
}

function node(operands: readonly TraceValue[], output: TraceValue): TraceNode {
  const read = operands.map((value) => ({ value, shape: value.shape }));
  return { kernel: '', attributes: {}, operands: read, outputs: [output] };
}

it('counts what is there at the worst moment: leaves always, results once computed, the rest while it is to be read', () => {
  const leaf = kibibytes(1, 'leaf');
  const wide = kibibytes(10, 'passing');
  const narrow = kibibytes(2, 'passing');
  const again = kibibytes(20, 'passing');
  const early = kibibytes(4, 'result');
  const late = kibibytes(8, 'result');
  const nodes = [
    node([leaf], wide),
    node([wide, leaf], early), // 1 + 10 + 4
    node([wide, wide], narrow), // 1 + 10 + 4 + 2, and then the wide one is done
    node([narrow], again), // 1 + 4 + 2 + 20
    node([leaf], late), // 1 + 4 + 8: what nobody reads is done as well
  ];
  assert.equal(
    peakMemory({ nodes, leaves: [leaf], results: [early, late], signature: '' }),
    27 * 1024,
  );
});

it('exactJson writes numbers differently that JSON writes alike, or not at all', () => {
  const numbers = [0, -0, 1.5, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 7n];

  assert.equal(
    exactJson({ name: 'pads', numbers }),
    '{"name":"pads","numbers":[0,"-0",1.5,"NaN","Infinity","-Infinity","7"]}',
  );
});
