import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type LiveTrace, type TraceNode, TraceValue } from '../trace/trace.ts';
import { CompiledTrace } from './compiled-trace.ts';

const value = () => new TraceValue([4], 'float32', new Float32Array(4));

/** A net of two weights, applied to what is new in every run. */
function traceOf(weights: readonly [TraceValue, TraceValue]): LiveTrace {
  const image = value();
  const nodes = weights.map((weight) => ({
    operands: [image, weight].map((operand) => ({ value: operand, shape: operand.shape })),
  }));
  return {
    nodes: nodes as readonly unknown[] as readonly TraceNode[],
    leaves: [image, ...weights],
    results: [],
    signature: '',
  };
}

/**
 * Compiles for nothing, and writes down what happens: the positions of the constants of every
 * graph, and of every run.
 */
class Rig {
  readonly compiled: string[] = [];
  readonly ran: string[] = [];
  alive = 0;
  readonly #lasting: ReadonlySet<number> | undefined;
  #trace: CompiledTrace | undefined;

  constructor(lasting?: readonly TraceValue[]) {
    this.#lasting = lasting && new Set(lasting.map(({ id }) => id));
  }

  get trace(): CompiledTrace {
    return this.#trace!;
  }

  /** Runs so many times with the same weights. */
  run(weights: readonly [TraceValue, TraceValue], times: number): void {
    for (let i = 0; i < times; i++) {
      const live = traceOf(weights);
      this.#trace ??= new CompiledTrace(
        live,
        (trace, constant) => this.#compile(trace, constant),
        this.#lasting,
      );
      this.#trace.run(live, []);
    }
  }

  #compile(live: LiveTrace, constant: readonly number[]) {
    const name = `[${constant}]`;
    const held = constant.map((position) => live.leaves[position]);
    this.compiled.push(name);
    this.alive++;
    return {
      weight: 100 + 16 * constant.length,
      profile: undefined,
      run: ({ leaves }: LiveTrace) => {
        assert.deepEqual(
          constant.map((position) => leaves[position]),
          held,
        );
        this.ran.push(name);
      },
      dispose: () => void this.alive--,
    };
  }
}

describe('CompiledTrace', () => {
  it('compiles the same graph again after it gave its memory back, and counts on', () => {
    const rig = new Rig();
    const weights = [value(), value()] as const;
    rig.run(weights, 1);
    rig.trace.release();
    assert.deepEqual([rig.trace.weight, rig.trace.runs, rig.alive], [0, 1, 0]);
    rig.run(weights, 7);
    assert.deepEqual([rig.compiled, rig.alive], [['[]', '[]'], 1]);
    rig.run(weights, 1);
    assert.deepEqual([rig.compiled, rig.alive], [['[]', '[]', '[1,2]'], 1]);
    rig.trace.release();
    rig.run(weights, 1);
    assert.deepEqual(rig.compiled, ['[]', '[]', '[1,2]', '[1,2]']);
  });
  it('makes weights constants after they were the same for 8 runs, and keeps one graph at a time', () => {
    const rig = new Rig();
    const weights = [value(), value()] as const;
    rig.run(weights, 8);
    assert.deepEqual(rig.compiled, ['[]']);
    assert.equal(rig.trace.weight, 100);
    rig.run(weights, 100);
    assert.deepEqual(rig.compiled, ['[]', '[1,2]']);
    assert.equal(rig.ran.filter((name) => name === '[1,2]').length, 100);
    assert.equal(rig.trace.weight, 132);
    assert.equal(rig.alive, 1);
    rig.trace.dispose();
    assert.equal(rig.alive, 0);
  });
  it('drops a constant in the run in which it changes, and keeps those that do not', () => {
    const rig = new Rig();
    const frozen = value();
    rig.run([frozen, value()], 50);
    for (let step = 0; step < 200; step++) rig.run([frozen, value()], 1);
    assert.deepEqual(rig.compiled, ['[]', '[1,2]', '[1]']);
    assert.equal(rig.ran.at(-1), '[1]');
    assert.equal(rig.alive, 1);
  });
  it('makes a weight that settles later than the others a constant, too', () => {
    const rig = new Rig();
    const frozen = value();
    for (let step = 0; step < 60; step++) rig.run([frozen, value()], 1);
    rig.run([frozen, value()], 60);
    assert.deepEqual(rig.compiled, ['[]', '[1]', '[1,2]']);
  });
  it('compiles ever less often where weights change again before it has paid', () => {
    const rig = new Rig();
    for (let epoch = 0; epoch < 1000; epoch++) rig.run([value(), value()], 20);
    // The second time they had to be the same for 16 runs, and then for 32, which they never are.
    assert.deepEqual(rig.compiled, ['[]', '[1,2]', '[]', '[1,2]', '[]']);
  });
  it('compiles with constants in every epoch that is long enough for it', () => {
    const rig = new Rig();
    for (let epoch = 0; epoch < 10; epoch++) rig.run([value(), value()], 50);
    assert.equal(rig.compiled.filter((name) => name === '[1,2]').length, 10);
  });
  it('keeps its graph where another one does not compile', () => {
    const weights = [value(), value()] as const;
    const ran: number[] = [];
    const trace = new CompiledTrace(traceOf(weights), (_, constant) => {
      if (constant.length > 0) throw new Error('no room');
      return {
        weight: 0,
        profile: undefined,
        run: () => ran.push(constant.length),
        dispose: () => assert.fail('still needed'),
      };
    });
    for (let i = 0; i < 8; i++) trace.run(traceOf(weights), []);
    assert.throws(() => trace.run(traceOf(weights), []), /^Error: no room$/);
    trace.run(traceOf([weights[0], value()].reverse() as [TraceValue, TraceValue]), []);
    assert.equal(ran.length, 9);
  });
  it('makes lasting weights constants at once, and others when that pays', () => {
    const frozen = value();
    const rig = new Rig([frozen]);
    rig.run([frozen, value()], 40);
    assert.deepEqual(rig.compiled, ['[1]', '[1,2]']);
    assert.equal(rig.ran.filter((name) => name === '[1]').length, 32);
  });
  it('computes after beginAnew as a new trace does, whatever ran before', () => {
    const frozen = value();
    const lasting = new Set([frozen.id]);
    const old = new Rig();
    const epoch = (rig: Rig) => {
      const trained = value();
      for (let step = 0; step < 5; step++) rig.run([frozen, value()], 1);
      rig.run([frozen, trained], 40);
      rig.run([frozen, value()], 40);
    };
    for (const before of [3, 20, 50]) {
      for (let pass = 0; pass < 6; pass++) old.run([frozen, value()], before);
      old.trace.beginAnew(lasting);
      const from = old.ran.length;
      epoch(old);
      const fresh = new Rig([frozen]);
      epoch(fresh);
      assert.deepEqual(old.ran.slice(from), fresh.ran);
      assert.ok(fresh.ran.includes('[1,2]'));
    }
  });
  it('keeps a graph whose constants last when it begins anew', () => {
    const frozen = value();
    const rig = new Rig([frozen]);
    for (let epoch = 0; epoch < 5; epoch++) {
      for (let step = 0; step < 10; step++) rig.run([frozen, value()], 1);
      rig.trace.beginAnew(new Set([frozen.id]));
    }
    assert.deepEqual(rig.compiled, ['[1]']);
  });
});
