// Prints the table of docs/onnx.md: how networks of ONNX files differ from PyTorch. It makes the
// files, which takes minutes, unless a folder that has them is given.
import { existsSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { selectBackend } from '../src/backend/select/select-backend.ts';
import { type Agreement, compareWithPyTorch } from '../test/support/compare-graph.ts';
import { networkNames, writeNetworks } from '../test/support/pytorch.ts';

const [given] = process.argv.slice(2);
const folder = given ?? mkdtempSync(join(tmpdir(), 'onnx-table-'));
await selectBackend('onnxruntime', { threads: 2 });

const shown = (value: number | undefined): string =>
  value === undefined || value === 0 ? '' : value.toExponential(0);

const row = (name: string, agreement: Agreement): string => {
  const { parameters, layers, scores, gradients, trainingGradients, noise, sgd, adam } = agreement;
  const training = noise === 0 ? undefined : trainingGradients;
  const differences = [scores, gradients, training, noise, sgd, adam].map(shown);
  return `| ${[name, parameters.toLocaleString('en'), layers, ...differences].join(' | ')} |`;
};

console.log(
  '| network | parameters | layers | scores | gradients | training | noise | SGD | Adam |',
);
console.log('| --- | --: | --: | --: | --: | --: | --: | --: | --: |');
for (const name of networkNames) {
  if (given === undefined) writeNetworks(folder, [name]);
  if (existsSync(join(folder, `${name}.json`)))
    console.log(row(name, await compareWithPyTorch(folder, name)));
}
