import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asType } from '../../../test/support/partial-value.ts';
import type { Json } from '../../json.ts';
import type { Checkpoint } from '../../stage.ts';
import type { EpochRecord } from './history.ts';
import { plannedObstacle } from './resume-rules.ts';
import { TrainingCheckpoints } from './training-checkpoints.ts';

const made = { backend: 'onnxruntime', threads: 2, processor: 'Intel Xeon' };
const weights = [Float32Array.of(1, 2), Float32Array.of(3)];

/** Epochs of these accuracies on the validation split. */
function epochsOf(...accuracies: readonly number[]): EpochRecord[] {
  return accuracies.map((accuracy, index) => {
    const values = { loss: 0.5, accuracy };
    return { epoch: index + 1, learningRate: 0.1, running: values, splits: { val: values } };
  });
}

/**
 * The messages, and the epoch that training resumes from, where one training kept a state and then
 * another begins.
 */
function begin(
  [before, now]: readonly [
    ConstructorParameters<typeof TrainingCheckpoints>[1],
    ConstructorParameters<typeof TrainingCheckpoints>[1],
  ],
  {
    epochs = epochsOf(0.5, 0.7, 0.6),
    circumstances = made as Readonly<Record<string, string | number>>,
  } = {},
) {
  let checkpoint: Checkpoint | undefined;
  const save = (next: Checkpoint) => {
    checkpoint = next;
  };
  const store = { load: () => checkpoint, save };
  const state = {
    epochs,
    chosenEpoch: 2,
    steps: [12],
    weights,
    memory: [Float32Array.of(4)],
    best: weights,
  };
  new TrainingCheckpoints(store, before, made, assert.fail).keep(state);
  const messages: string[] = [];
  const { last } = new TrainingCheckpoints(store, now, circumstances, (message) =>
    messages.push(message),
  );
  if (last !== undefined) assert.deepEqual(last, state);
  return { said: messages.join(), epoch: last?.epochs.length };
}

test('the same training, and a longer one, resume from the last state', () => {
  const resumed = { said: 'resumes after epoch 3 of 5, from a checkpoint', epoch: 3 };
  assert.deepEqual(begin([{ epochs: 5 }, { epochs: 5 }]), resumed);
  assert.deepEqual(begin([{ epochs: 3 }, { epochs: 5 }]), resumed);
  const step = { kind: 'step', every: 2, factor: 0.1 } as const;
  assert.deepEqual(
    begin([
      { epochs: 3, schedule: step },
      { epochs: 5, schedule: step },
    ]),
    resumed,
  );
  assert.deepEqual(
    begin([{ epochs: 3 }, { epochs: 3 }]).said,
    'resumes after epoch 3 of 3, from a checkpoint',
  );
});

test('a shorter training begins from the start, and says why', () => {
  assert.deepEqual(begin([{ epochs: 5 }, { epochs: 2 }]), {
    said: 'begins from the start: its checkpoint after epoch 3 is further than the 2 that are wanted',
    epoch: undefined,
  });
});

test('the states of a rate that falls until the last epoch serve no other number of epochs, and the last is not kept', () => {
  const schedule = { kind: 'cosine', final: 0 } as const;
  assert.equal(
    begin([
      { epochs: 5, schedule },
      { epochs: 5, schedule },
    ]).epoch,
    3,
  );
  assert.deepEqual(
    begin([
      { epochs: 5, schedule },
      { epochs: 8, schedule },
    ]),
    {
      said: 'begins from the start: its checkpoint after epoch 3 was made with epochs 5, not 8',
      epoch: undefined,
    },
  );
  assert.deepEqual(
    begin([
      { epochs: 3, schedule },
      { epochs: 3, schedule },
    ]),
    { said: '', epoch: undefined },
  );
});

test('other threads, another processor, another backend or another version of it begin from the start', () => {
  const begun = (circumstances: Readonly<Record<string, string | number>>) =>
    begin([{ epochs: 5 }, { epochs: 5 }], { circumstances }).said;
  const start = 'begins from the start: its checkpoint after epoch 3 was made with';
  assert.equal(begun({ ...made, threads: 4 }), `${start} threads 2, not 4`);
  assert.equal(
    begun({ ...made, processor: 'AMD EPYC' }),
    `${start} processor Intel Xeon, not AMD EPYC`,
  );
  assert.equal(begun({ ...made, backend: 'cpu' }), `${start} backend onnxruntime, not cpu`);
  assert.equal(begun({ ...made, device: 'some GPU' }), `${start} device unknown, not some GPU`);
});

test('what plan says of a checkpoint is what the training will say, as far as settings decide it', () => {
  const state = asType<Json>({
    format: 4,
    made,
    epochs: epochsOf(...new Array<number>(8).fill(0.5)),
  });
  const length = { epochs: 4, schedule: { kind: 'constant' as const } };
  const clause = (epochs: number) => plannedObstacle(state, { ...length, epochs });
  assert.equal(clause(4), 'its checkpoint after epoch 8 is further than the 4 that are wanted');
  assert.equal(clause(8), undefined);
});

test('more patience resumes a training that ended early, less only if it would have come as far', () => {
  const epochs = epochsOf(0.5, 0.7, 0.6, 0.6);
  const now = (patience: number) =>
    begin(
      [
        { epochs: 9, earlyStopping: { patience: 2 } },
        { epochs: 9, earlyStopping: { patience } },
      ],
      { epochs },
    );
  assert.deepEqual([now(3).epoch, now(2).epoch], [4, 4]);
  assert.deepEqual(now(1), {
    said: 'begins from the start: its checkpoint after epoch 4 is further than epoch 3, where early stopping ends it now',
    epoch: undefined,
  });
});

test('a training that ended at a bound resumes without it, and one that went further begins anew', () => {
  const epochs = epochsOf(0.5, 0.7, 0.6);
  const now = (bounds: readonly (number | false)[]) =>
    begin([{ epochs: 9 }, { epochs: 9, earlyStopping: { bounds } }], { epochs });
  assert.deepEqual(
    [now([]).epoch, now([0.5, 0.7]).epoch, now([false, false, 0.8]).epoch],
    [3, 3, 3],
  );
  assert.deepEqual(now([false, 0.71]), {
    said: 'begins from the start: its checkpoint after epoch 3 is further than epoch 2, where early stopping ends it now',
    epoch: undefined,
  });
});
