import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sha256 } from '../../src/digest.ts';
import run from '../../stages/train/run.ts';
import { spec } from '../../stages/train/spec.ts';
import { StageBench } from './stage-bench.ts';
import { writeTintedDataset } from './tinted-dataset.ts';

export const folder = mkdtempSync(join(tmpdir(), 'stage-'));
/** 20 images of train, 10 of val and 6 of test, whose tint gives their class. */
export const dataset = join(folder, 'dataset');
// No hooks: they would belong to the first of the test files of a process that import this one.
await writeTintedDataset(dataset, { train: 20, val: 10, test: 6 });
process.on('exit', () => rmSync(folder, { recursive: true }));

export const small = { imageSize: 56, batchSize: 8, epochs: 2, seed: 3, augment: { crop: 2 } };

/** A network that trains in a second, with statistics of its own. */
export const smallNet = {
  layers: [
    { conv: 4, kernel: 5, stride: 4 },
    'batchNorm',
    'relu',
    'globalAveragePool',
    { dense: 2 },
  ],
};

/** A `train` stage on the dataset, run to its end. */
export async function trained(settings: object = small): Promise<StageBench> {
  const bench = new StageBench();
  await bench.run(spec, run, { inputs: { dataset }, with: settings });
  return bench;
}

/** The digests of the model's three files and of the history. */
export function digests(bench: StageBench): string[] {
  const files = ['model.json', 'weights.bin', 'info.json'].map((file) =>
    join(bench.output('model'), file),
  );
  return [...files, bench.output('history', spec.outputs['history'])].map((file) =>
    sha256(readFileSync(file)),
  );
}
