// What a long run holds on to. Sizes are resident memory, so nothing else may run in this process.
import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { onnxRuntimeBackend } from './registration/register.ts';
import { selectBackend } from './select/select-backend.ts';
import { held, inMiB, LIMITS, MiB, Net } from './testing-steady.ts';

before(() => selectBackend('onnxruntime', { threads: 2, ...LIMITS }));

describe('memory stays flat', () => {
  it('while 40 sizes of batches come again and again, for training and for use', (t) => {
    const net = new Net();
    const rounds: { heap: number; resident: number }[] = [];
    for (let round = 0; round < 8; round++) {
      for (let i = 0; i < 40; i++) {
        const batch = 1 + ((i * 17) % 40);
        net.train(batch);
        // Often enough for the weights to become constants.
        for (let run = 0; run < 10; run++) net.predict(batch);
        const { sessions, sessionBytes, pooledBytes } = onnxRuntimeBackend()!.statistics;
        assert.ok(
          sessions <= LIMITS.sessions &&
            sessionBytes <= LIMITS.memory &&
            pooledBytes <= LIMITS.memory,
        );
      }
      rounds.push(held());
    }
    net.dispose();
    t.diagnostic(
      `resident after each round: ${rounds.map(({ resident }) => inMiB(resident)).join(', ')}`,
    );
    t.diagnostic(`of it JavaScript's objects: ${rounds.map(({ heap }) => inMiB(heap)).join(', ')}`);

    // Allocators take some rounds to settle, and then leave more or less lying about, by 50 MiB
    // from round to round, in either direction: the median of several leaves out one that is far
    // from the others.
    const middleFrom = (round: number) =>
      rounds
        .slice(round, round + 3)
        .map(({ resident }) => resident)
        .sort((a, b) => a - b)[1]!;
    const grown = middleFrom(5) - middleFrom(2);
    // 80 graphs are compiled in a round: a tenth of their memory, kept over three rounds, would be
    // more than this.
    assert.ok(grown < 48 * MiB, inMiB(grown));
    const [, second, ...later] = rounds;
    for (const { heap } of later)
      assert.ok(heap - second!.heap < 2 * MiB, inMiB(heap - second!.heap));
  });
});
