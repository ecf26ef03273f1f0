import assert from 'node:assert/strict';
import { afterEach, before, describe, it } from 'node:test';
import type { Scalar, Tensor, Variable } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { startBackends } from '../../test/support/both-backends.ts';

before(() => startBackends());
afterEach(() => tf.setBackend('onnxruntime'));

/**
 * Every tensor of a program has 6 elements, so that any two of one type go together once one is
 * reshaped.
 */
const SHAPES = [[6], [2, 3], [3, 1, 2]] as const;
/**
 * Floats of a shape. A cast does not do: cpu takes integers for floats and counts their bytes
 * once.
 */
const floats = (x: Tensor, shape: number[]) =>
  x.dtype === 'float32' ? tf.reshape(x, shape) : tf.ones(shape);
const UNARY = {
  neg: (x: Tensor) => tf.neg(x),
  relu: (x: Tensor) => tf.relu(x),
  zeros: (x: Tensor) => tf.zerosLike(x),
  clone: (x: Tensor) => tf.clone(x),
  flat: (x: Tensor) => tf.reshape(x, [6]),
  int: (x: Tensor) => (x.dtype === 'bool' ? tf.logicalNot(x) : tf.cast(x, 'int32')),
  bool: (x: Tensor) => tf.cast(x, 'bool'),
  normalized: (x: Tensor) => tf.tidy(() => tf.sub(floats(x, x.shape), tf.mean(floats(x, x.shape)))),
  sorted: (x: Tensor) => tf.topk(tf.reshape(x, [6]), 6).values,
  joined: (x: Tensor) => tf.concat(tf.split(tf.reshape(x, [6]), 3)),
} as const;

type Step =
  | { readonly do: 'make'; readonly shape: number; readonly dtype: 'float32' | 'int32' | 'bool' }
  | { readonly do: 'unary'; readonly name: keyof typeof UNARY; readonly of: number }
  | { readonly do: 'add' | 'assign'; readonly of: number; readonly and: number }
  | { readonly do: 'read' | 'dispose' | 'keep' | 'variable' | 'train'; readonly of: number };
type Program = readonly (Step | { readonly tidy: readonly Step[] })[];

const index = fc.nat(20);
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    do: fc.constant('make'),
    shape: fc.nat(2),
    dtype: fc.constantFrom('float32', 'int32', 'bool'),
  } as const),
  fc.record({
    do: fc.constant('unary'),
    name: fc.constantFrom(...(Object.keys(UNARY) as (keyof typeof UNARY)[])),
    of: index,
  } as const),
  fc.record({ do: fc.constantFrom('add', 'assign'), of: index, and: index } as const),
  fc.record({
    do: fc.constantFrom('read', 'dispose', 'keep', 'variable', 'train'),
    of: index,
  } as const),
);
const program: fc.Arbitrary<Program> = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: step },
    { weight: 1, arbitrary: fc.record({ tidy: fc.array(step) }) },
  ),
  { size: 'medium' },
);

/** A running program, with its tensors and variables. */
class Run {
  tensors: Tensor[] = [];
  variables: Variable[] = [];

  step(step: Step): void {
    if (step.do === 'make') {
      const values = [0, 1, 2, 3, 4, 5].map((value) => (step.dtype === 'bool' ? value % 2 : value));
      this.tensors.push(tf.tensor(values, [...SHAPES[step.shape]!], step.dtype));
      return;
    }
    const at = step.of % this.tensors.length;
    const x = this.tensors[at];
    if (x === undefined) return;
    if (step.do === 'unary') this.tensors.push(UNARY[step.name](x));
    else if (step.do === 'add') this.#add(x, this.tensors[step.and % this.tensors.length]!);
    else if (step.do === 'assign') this.#variable(step.and)?.assign(floats(x, [6]));
    else if (step.do === 'read') x.dataSync();
    else if (step.do === 'keep') tf.keep(x);
    else if (step.do === 'variable') this.variables.push(tf.variable(floats(x, [6])));
    else if (step.do === 'train') this.#train(x, step.of);
    else this.tensors.splice(at, 1)[0]!.dispose();
  }

  /** Disposes of all that is left; tfjs has disposed of the rest. */
  dispose(): void {
    tf.dispose([this.tensors, this.variables]);
  }

  #add(x: Tensor, y: Tensor): void {
    if (x.dtype === y.dtype) this.tensors.push(tf.add(x, tf.reshape(y, x.shape)));
  }

  #variable(number: number): Variable | undefined {
    return this.variables[number % this.variables.length];
  }

  #train(x: Tensor, number: number): void {
    const variable = this.#variable(number);
    if (variable === undefined) return;
    const loss = () => tf.sum(tf.square(tf.sub(variable, floats(x, [6])))) as Scalar;
    const { value, grads } = tf.variableGrads(loss, [variable]);
    variable.assign(tf.sub(variable, tf.mul(grads[variable.name]!, 0.1)));
    tf.dispose([value, grads]);
  }
}

/**
 * The memory that tfjs counts, and the data in the backend: after every step of a program in one
 * scope, and after the scope.
 */
function held(backend: string, steps: Program): object[] {
  void tf.setBackend(backend);
  const before = tf.memory();
  const ids = tf.backend().numDataIds();
  const now = () => ({
    tensors: tf.memory().numTensors - before.numTensors,
    buffers: tf.memory().numDataBuffers - before.numDataBuffers,
    bytes: tf.memory().numBytes - before.numBytes,
    ids: tf.backend().numDataIds() - ids,
  });
  const run = new Run();
  const history: object[] = [];
  tf.tidy(() => {
    for (const each of steps) {
      if ('tidy' in each) {
        tf.tidy(() => {
          for (const inner of each.tidy) run.step(inner);
        });
        run.tensors = run.tensors.filter(({ isDisposed }) => !isDisposed);
      } else run.step(each);
      history.push(now());
    }
  });
  history.push(now());
  run.dispose();
  return [...history, now()];
}

describe('memory', () => {
  it('equals that of the cpu backend after every step of any program, and is nothing in the end', () => {
    fc.assert(
      fc.property(program, (steps) => {
        const ours = held('onnxruntime', steps);
        assert.deepEqual(ours, held('cpu', steps));
        assert.deepEqual(ours.at(-1), { tensors: 0, buffers: 0, bytes: 0, ids: 0 });
      }),
      { numRuns: 150 },
    );
  });
  it('is known exactly', () => {
    assert.equal(tf.memory().unreliable ?? false, false);
  });
});
