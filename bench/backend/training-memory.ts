/**
 * The most memory that training takes, checkpoints included: of full Xception, batches of 16,
 * unless told otherwise.
 *
 *     node --import tsx bench/backend/training-memory.ts [net] [batch] [steps]      # xception 16 2
 */
import { selectBackend } from '../../src/backend/select/select-backend.ts';
import { buildNet } from '../../src/learning/models/build-net.ts';
import { initialiseWeights } from '../../src/learning/models/initial-weights.ts';
import { modelSetting, netOf } from '../../src/learning/models/model-setting.ts';
import { fit } from '../../src/learning/training/fit.ts';
import type { TrainingState } from '../../src/learning/training/training-state.ts';
import type { Batch } from '../../src/learning/vision/batches/batch-loader.ts';
import { Random } from '../../src/random.ts';

const SIZE = 256;
const [net = 'xception', batch = '16', steps = '2'] = process.argv.slice(2);
const images = Number(batch);

await selectBackend('onnxruntime', { threads: 2 });
const model = buildNet(netOf(modelSetting.parse(net)), SIZE);
initialiseWeights(model, 1);
const adam = { kind: 'adam', learningRate: 1e-4, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 } as const;
const options = {
  optimizer: adam,
  epochs: 1,
  monitor: ['val'],
  trainValues: 'running',
  seed: 1,
} as const;
const data = {
  classes: ['real', 'fake'],
  batches: () => Number(steps),
  key: (split: string, index: number) => `${split}/${index}`,
  images: () => ({ real: images / 2, fake: images / 2 }),
  training: () => batches('train', Number(steps)),
  evaluation: () => batches('val', 1),
};
const states = { last: undefined, keep: (_: TrainingState) => report('with a checkpoint taken') };
await fit(
  model,
  data,
  options,
  { batch: ({ split }) => report(split), epoch() {}, info() {}, warn() {} },
  states,
);

async function* batches(split: string, count: number): AsyncGenerator<Batch> {
  const random = new Random(split);
  for (let index = 0; index < count; index++) {
    const pixels = Float32Array.from({ length: images * SIZE * SIZE * 3 }, () =>
      random.between(-1, 1),
    );
    const labels = Int32Array.from({ length: images }, (_, i) => i % 2);
    yield { images: pixels, labels, indices: Uint32Array.from(labels.keys()), release() {} };
  }
}

function report(after: string): void {
  const peak = process.resourceUsage().maxRSS / 2 ** 20;
  const now = process.memoryUsage.rss() / 2 ** 30;
  console.log(
    `${net}, batch ${images}, ${after}: ${now.toFixed(2)} GiB now, ${peak.toFixed(2)} GiB at most`,
  );
}
