/**
 * The stage `train` with a frozen backbone: features computed once for all epochs, against every
 * image passing through the network in every epoch.
 *
 *     node --import tsx bench/frozen-training.ts [pixels a side] [images] [epochs]
 *
 * The network is ResNet-18 as an ONNX file, with random weights and one dense layer as its head.
 * Images do not change (`augment: { crop: 0, flip: false }`); `train` and a fifth as many images of
 * `val` are monitored. The other side freezes the same layers, but thaws them after the last epoch.
 * Processor time counts, of the whole stage with its start, decoding and checkpoints.
 *
 * Measured on two busy cores (AMD EPYC): 100 images of 128 x 128 and 6 epochs took 5.7 s against
 * 22.5 s, 3.9 times. The more epochs, the larger the ratio.
 */
import { join } from 'node:path';
import { selectBackend } from '../src/backend/select/select-backend.ts';
import exportModel from '../stages/export/run.ts';
import { spec as exportSpec } from '../stages/export/spec.ts';
import train from '../stages/train/run.ts';
import { spec } from '../stages/train/spec.ts';
import { StageBench } from '../test/support/stage-bench.ts';
import { writeTintedDataset } from '../test/support/tinted-dataset.ts';
import { writeUntrainedModel } from '../test/support/untrained-model.ts';

const [side = '224', count = '100', passes = '10'] = process.argv.slice(2);
const imageSize = Number(side);
const images = Number(count);
const epochs = Number(passes);

using bench = new StageBench();
const model = join(bench.root, 'resnet');
const dataset = join(bench.root, 'dataset');
await writeTintedDataset(dataset, { train: images, val: Math.ceil(images / 5) });
await selectBackend('onnxruntime', { threads: 2 });
await writeUntrainedModel(model, { net: 'resnet-18', imageSize });
using exporting = new StageBench();
const form = { formats: ['onnx'], layout: 'NCHW' };
await exporting.run(exportSpec, exportModel, { inputs: { model }, with: form });
const onnx = exporting.output('files');

const still = {
  normalise: { mean: [0.5, 0.5, 0.5], deviation: [0.5, 0.5, 0.5] },
  augment: { crop: 0, flip: false },
  freeze: 'backbone',
  epochs,
};

/** Seconds of the processor that a training takes. */
async function measured(settings: object): Promise<number> {
  using run = new StageBench();
  const before = process.cpuUsage();
  await run.run(spec, train, { inputs: { dataset, onnx }, with: { ...still, ...settings } });
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

const once = await measured({});
const anew = await measured({ unfreeze: [{ epoch: epochs + 1, layers: 'all' }] });
console.log(`${images} images of ${imageSize} x ${imageSize}, ${epochs} epochs, ResNet-18 as ONNX`);
console.log(`features computed once   ${once.toFixed(1)} s of the processor`);
console.log(`features computed anew   ${anew.toFixed(1)} s`);
console.log(`ratio                    ${(anew / once).toFixed(1)}`);
