import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { type LayersModel, layers, sequential, setBackend } from '@tensorflow/tfjs';
import { permutation, Random } from '../../random.ts';
import { StageError } from '../../stage.ts';
import { crossEntropy } from '../metrics/calibration/losses.ts';
import { freezableBatchNorm } from '../models/freezable-batch-norm.ts';
import { initialiseWeights } from '../models/initial-weights.ts';
import type { Batch } from '../vision/batches/batch-loader.ts';
import { type FitListener, type FitOptions, fit } from './fit.ts';
import type { EpochRecord } from './history.ts';
import { predict } from './predict.ts';
import type { SplitImages } from './splits.ts';
import type { TrainingData } from './training-data.ts';

before(() => setBackend('cpu'));

const side = 4;

/** Noise whose fakes are a little redder: a problem that one dense layer solves. */
class NoisyImages implements TrainingData {
  readonly #images: Readonly<Record<string, number>>;
  readonly #spoil: (values: Float32Array, split: string) => void;
  readonly classes = ['real', 'fake'];
  readonly batchSize = 8;
  released = 0;

  constructor(
    images: Readonly<Record<string, number>>,
    spoil: (values: Float32Array, split: string) => void = () => {},
  ) {
    this.#images = images;
    this.#spoil = spoil;
  }

  batches(split: string): number {
    return Math.ceil(this.#images[split]! / this.batchSize);
  }

  key(split: string, index: number): string {
    return `${split}/${index}`;
  }

  images(split: string): SplitImages {
    const real = Math.ceil(this.#images[split]! / 2);
    return { real, fake: this.#images[split]! - real };
  }

  training(epoch: number): AsyncIterable<Batch> {
    return this.#pass('train', permutation(this.#images['train']!, new Random('order', epoch)));
  }

  evaluation(split: string): AsyncIterable<Batch> {
    return this.#pass(
      split,
      Uint32Array.from({ length: this.#images[split]! }, (_, i) => i),
    );
  }

  async *#pass(split: string, order: Uint32Array): AsyncGenerator<Batch> {
    for (let start = 0; start < order.length; start += this.batchSize) {
      const indices = order.slice(start, start + this.batchSize);
      const labels = Int32Array.from(indices, (index) => index % 2);
      const images = new Float32Array(indices.length * side * side * 3);
      for (const [slot, index] of indices.entries()) {
        const random = new Random(split, index);
        const values = images.subarray(slot * side * side * 3, (slot + 1) * side * side * 3);
        for (let i = 0; i < values.length; i++)
          values[i] = random.normal() + (i % 3 === 0 ? labels[slot]! - 0.5 : 0);
      }
      this.#spoil(images, split);
      yield { images, labels, indices, release: () => void this.released++ };
    }
  }
}

function tinyModel(): LayersModel {
  const model = sequential({
    layers: [
      layers.flatten({ name: 'flatten', inputShape: [side, side, 3] }),
      layers.dense({ name: 'logits', units: 2, kernelInitializer: 'zeros' }),
    ],
  });
  initialiseWeights(model, 1);
  return model;
}

const adam = { kind: 'adam', learningRate: 0.01, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 } as const;
const options: FitOptions = {
  optimizer: adam,
  epochs: 6,
  monitor: ['train', 'val', 'test'],
  trainValues: 'exact',
  seed: 1,
};

class Notes implements FitListener {
  readonly batches: Parameters<FitListener['batch']>[0][] = [];
  readonly epochs: [EpochRecord, boolean][] = [];
  readonly infos: string[] = [];
  readonly warnings: string[] = [];
  batch(done: Parameters<FitListener['batch']>[0]): void {
    this.batches.push(done);
  }
  epoch(record: EpochRecord, isBest: boolean): void {
    this.epochs.push([record, isBest]);
  }
  info(message: string): void {
    this.infos.push(message);
  }
  warn(message: string): void {
    this.warnings.push(message);
  }
}

test('a solvable problem is learned, and the model keeps the weights of the best epoch by validation', async () => {
  const data = new NoisyImages({ train: 100, val: 60, test: 60 });
  const model = tinyModel();
  const notes = new Notes();

  const history = await fit(model, data, options, notes);

  assert.deepEqual([history.splits, history.epochs.length], [['train', 'val', 'test'], 6]);
  const losses = history.epochs.map(({ splits }) => splits['train']!.loss);
  assert.deepEqual(
    losses,
    losses.toSorted((a, b) => b - a),
  );
  const best = Math.max(...history.epochs.map(({ splits }) => splits['val']!.accuracy));
  const chosen = history.epochs[history.chosenEpoch - 1]!;
  assert.ok(best > 0.85);
  assert.equal(chosen.splits['val']!.accuracy, best);
  const { labels, logits } = await predict(model, data.evaluation('val'));
  assert.equal(crossEntropy(labels, logits), chosen.splits['val']!.loss);
});

test('every image of every pass is counted, the short last batch too, and every batch is released', async () => {
  const data = new NoisyImages({ train: 20, val: 9 });
  const notes = new Notes();

  await fit(tinyModel(), data, { ...options, epochs: 1, monitor: ['train', 'val'] }, notes);

  assert.deepEqual(
    notes.batches.map(({ split, images, loss }) => [split, images, loss !== undefined]),
    [
      ['train', 8, true],
      ['train', 8, true],
      ['train', 4, true],
      ['train', 8, false],
      ['train', 8, false],
      ['train', 4, false],
      ['val', 8, false],
      ['val', 1, false],
    ],
  );
  assert.equal(data.released, 8);
});

test('running values of the training split save its pass', async () => {
  const notes = new Notes();
  const data = new NoisyImages({ train: 20, val: 9 });

  const { epochs } = await fit(
    tinyModel(),
    data,
    { ...options, epochs: 1, monitor: ['train', 'val'], trainValues: 'running' },
    notes,
  );

  assert.equal(data.released, 5);
  assert.deepEqual(epochs[0]!.splits['train'], epochs[0]!.running);
});

test('evaluated values are of the plain loss, whatever loss is minimised', async () => {
  const still = {
    ...options,
    optimizer: { kind: 'sgd', learningRate: 1e-30, momentum: 0 },
    epochs: 1,
  } as const;
  const valuesWith = async (loss: FitOptions['loss']) => {
    const { epochs } = await fit(
      tinyModel(),
      new NoisyImages({ train: 20, val: 9, test: 3 }),
      { ...still, ...(loss && { loss }) },
      new Notes(),
    );
    return epochs;
  };

  assert.deepEqual(
    await valuesWith({ labelSmoothing: 0.5, classWeights: [1, 9] }),
    await valuesWith(undefined),
  );
});

test('with a moving average, the averaged weights are evaluated, selected and kept', async () => {
  const data = new NoisyImages({ train: 40, val: 60 });
  const averaged = { ...options, epochs: 3, monitor: ['val'], ema: { decay: 0.9 } };
  const steady = tinyModel();
  const last = tinyModel();
  const mean = tinyModel();

  const history = await fit(mean, data, averaged, new Notes());
  await fit(steady, data, { ...averaged, ema: { decay: 0 } }, new Notes());
  await fit(last, data, { ...options, epochs: 3, monitor: ['val'] }, new Notes());

  const weights = (model: LayersModel) =>
    model.getWeights().map((weight) => [...weight.dataSync()]);
  assert.deepEqual(weights(steady), weights(last));
  assert.notDeepEqual(weights(mean), weights(last));
  const { labels, logits } = await predict(mean, data.evaluation('val'));
  assert.equal(
    crossEntropy(labels, logits),
    history.epochs[history.chosenEpoch - 1]!.splits['val']!.loss,
  );
});

test('frozen layers keep their weights until they are unfrozen, and afterwards all layers are trainable again', async () => {
  const data = new NoisyImages({ train: 40, val: 9 });
  const deep = () => {
    const dense = layers.dense({ name: 'inner', units: 3, inputShape: [side * side * 3] });
    const model = sequential({
      layers: [
        layers.flatten({ inputShape: [side, side, 3] }),
        dense,
        freezableBatchNorm({ name: 'bn' }),
        layers.dense({ name: 'logits', units: 2 }),
      ],
    });
    initialiseWeights(model, 1);
    return model;
  };
  const weights = (model: LayersModel, layer: string) =>
    model
      .getLayer(layer)
      .getWeights()
      .map((weight) => [...weight.dataSync()]);
  const freeze = async (freezing: Record<string, number>, epochs: number) => {
    const model = deep();
    const notes = new Notes();
    const frozen = { ...options, ema: { decay: 0.5 }, monitor: ['val'], epochs };
    await fit(model, data, { ...frozen, freezing: new Map(Object.entries(freezing)) }, notes);
    return { model, infos: notes.infos };
  };

  const never = Number.POSITIVE_INFINITY;
  const { model, infos } = await freeze({ inner: never, bn: never }, 2);
  for (const layer of ['inner', 'bn'])
    assert.deepEqual(weights(model, layer), weights(deep(), layer));
  assert.notDeepEqual(weights(model, 'logits'), weights(deep(), 'logits'));
  assert.deepEqual(infos, ['From epoch 1 on 8 of 161 parameters train.']);
  assert.ok(model.layers.every(({ trainable }) => trainable));

  const thawed = await freeze({ inner: 2, bn: 3 }, 2);
  assert.notDeepEqual(weights(thawed.model, 'inner'), weights(deep(), 'inner'));
  assert.deepEqual(weights(thawed.model, 'bn'), weights(deep(), 'bn'));
  assert.deepEqual(thawed.infos, [
    'From epoch 1 on 8 of 161 parameters train.',
    'From epoch 2 on 155 of 161 parameters train.',
  ]);
});

test('the same model, data and options give the same bytes', async () => {
  const once = async () => {
    const model = tinyModel();
    const history = await fit(
      model,
      new NoisyImages({ train: 20, val: 9, test: 3 }),
      options,
      new Notes(),
    );
    return { history, weights: model.getWeights().map((weight) => weight.dataSync<'float32'>()) };
  };

  assert.deepEqual(await once(), await once());
});

test('a loss that is no number stops training and names the batch and its images', async () => {
  const failing = (spoil: (values: Float32Array) => void) => {
    let passed = 0;
    const data = new NoisyImages({ train: 20, val: 9 }, (values) => {
      if (++passed === 2) spoil(values);
    });
    return fit(tinyModel(), data, options, new Notes());
  };
  const message = (images: string) =>
    `Expected a finite loss, got NaN in epoch 1, batch 2 of 3 (images ${images}). A lower learning rate or \`clip\` may help.`;

  const batch = [...permutation(20, new Random('order', 1)).slice(8, 16)].map(
    (index) => `train/${index}`,
  );
  await assert.rejects(
    failing((values) => {
      values[5] = Number.NaN;
    }),
    { name: 'StageError', message: message(batch[0]!) },
  );
  await assert.rejects(
    failing((values) => void values.fill(Number.NaN)),
    { name: 'StageError', message: message(`${batch.slice(0, 4).join(', ')} and 4 more`) },
  );
});

test('an epoch is not chosen by a number that the validation images cannot show', async () => {
  const data = new NoisyImages({ train: 20, val: 60, test: 20 });
  const chosenBy = (by: 'tprAt1PercentFpr' | 'tprAt10PercentFpr') =>
    fit(tinyModel(), data, { ...options, epochs: 1, by }, new Notes());
  await assert.rejects(
    chosenBy('tprAt1PercentFpr'),
    new StageError(
      'Expected at least 100 images of real in val for tprAt1PercentFpr in "by", got 30: fewer do not show it. Choose by auc, say.',
    ),
  );
  const { epochs } = await chosenBy('tprAt10PercentFpr');
  assert.ok(epochs[0]!.splits['val']!.selected! >= 0);
});

test('a network that calls every image one class is reported, at its third epoch and if it is kept, and recorded', async () => {
  const data = new NoisyImages({ train: 20, val: 9, test: 9 }, (values) => void values.fill(1));
  const notes = new Notes();

  const { epochs, chosenEpoch } = await fit(tinyModel(), data, { ...options, epochs: 3 }, notes);

  const { allCalled, loss } = epochs[2]!.splits['val']!;
  const kept = epochs[chosenEpoch - 1]!.splits['val']!;
  const cures = 'Another learning rate, a warm-up, more epochs or another seed may help.';
  assert.deepEqual(notes.warnings, [
    `After epoch 3 the network still separates nothing: it calls every image of val ${allCalled}, with a loss of ${loss.toFixed(4)}, where the best constant answer has 0.6870.`,
    `The network learned nothing: epoch ${chosenEpoch}, which is kept, calls every image of val ${kept.allCalled}, with a loss of ${kept.loss.toFixed(4)}, where the best constant answer has 0.6870. ${cures}`,
  ]);
  assert.ok(epochs.every(({ splits }) => splits['val']!.allCalled && splits['test']!.allCalled));
});

test('the learning rate warms up step by step and then follows its schedule', async () => {
  const data = new NoisyImages({ train: 40, val: 9 });
  const schedule = { kind: 'step', every: 1, factor: 0.5, warmUp: 1.2 } as const;

  const { epochs } = await fit(
    tinyModel(),
    data,
    { ...options, epochs: 4, monitor: ['val'], schedule },
    new Notes(),
  );

  // Six of five steps an epoch warm up; a record has the rate of its last step.
  assert.deepEqual(
    epochs.map(({ learningRate }) => learningRate),
    [(0.01 * 5) / 6, 0.005, 0.0025, 0.00125],
  );
});

test('training ends when its patience has passed without a better epoch, with the weights of the best one', async () => {
  const data = new NoisyImages({ train: 100, val: 60 }, (values, split) => {
    if (split === 'val') for (let i = 0; i < values.length; i++) values[i] = -values[i]!;
  });
  const model = tinyModel();
  const notes = new Notes();
  const early = { ...options, epochs: 9, monitor: ['val'], earlyStopping: { patience: 2 } };

  const history = await fit(model, data, early, notes);

  assert.deepEqual([history.epochs.length, history.chosenEpoch], [3, 1]);
  assert.deepEqual(notes.infos, [
    'Training ends after epoch 3: none of the last 2 was better than epoch 1.',
  ]);
  const { labels, logits } = await predict(model, data.evaluation('val'));
  assert.equal(crossEntropy(labels, logits), history.epochs[0]!.splits['val']!.loss);
});

test('training ends after an epoch by which its best one is worse than the bound', async () => {
  const data = new NoisyImages({ train: 100, val: 60 });
  const bounded = { ...options, epochs: 4, monitor: ['val'], by: 'loss' as const };
  const whole = await fit(tinyModel(), data, bounded, new Notes());
  const best = Math.min(...whole.epochs.slice(0, 2).map(({ splits }) => splits['val']!.loss));
  const endsBy = async (bound: number) => {
    const notes = new Notes();
    const earlyStopping = { bounds: [false as const, bound, 0] };
    const { epochs } = await fit(tinyModel(), data, { ...bounded, earlyStopping }, notes);
    return [epochs.length, ...notes.infos];
  };
  assert.equal((await endsBy(best))[0], 3, 'a value that equals the bound goes on');
  const [epochs, info] = await endsBy(best / 2);
  assert.equal(epochs, 2);
  assert.match(
    String(info),
    /^Training ends after epoch 2: its best loss is 0\.\d+, worse than the bound 0\.\d+\.$/,
  );
});
