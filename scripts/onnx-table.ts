// Prints the table of docs/onnx.md: how networks of ONNX files differ from PyTorch. It makes the
// files, which takes minutes. Names of networks as arguments print their rows alone.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { selectBackend } from '../src/backend/select/select-backend.ts';
import { type Agreement, compareWithPyTorch } from '../test/support/compare-graph.ts';
import { networkNames, writeNetworks } from '../test/support/pytorch.ts';

const names = process.argv.slice(2);
await selectBackend('onnxruntime', { threads: 2 });

const shown = (value: number | undefined): string =>
  value === undefined || value === 0 ? '' : value.toExponential(0);

const row = (name: string, agreement: Agreement): string => {
  const { parameters, layers, scores, gradients, trainingGradients, noise, sgd, adam } = agreement;
  const training = noise === 0 ? undefined : trainingGradients;
  const maps = agreement.maps && Math.max(...Object.values(agreement.maps));
  const differences = [scores, gradients, training, noise, sgd, adam, maps].map(shown);
  return `| ${[name, parameters.toLocaleString('en'), layers, ...differences].join(' | ')} |`;
};

if (names.length === 0) {
  const columns = ['parameters', 'layers', 'scores', 'gradients', 'training', 'noise'];
  console.log(`| network | ${[...columns, 'SGD', 'Adam', 'maps'].join(' | ')} |`);
  console.log(`| --- |${' --: |'.repeat(9)}`);
}
for (const name of names.length === 0 ? networkNames : names) {
  const folder = mkdtempSync(join(tmpdir(), 'onnx-table-'));
  writeNetworks(folder, [name]);
  console.log(row(name, await compareWithPyTorch(folder, name)));
  rmSync(folder, { recursive: true });
}
