// Writes a tfjs graph model again with random weights, as a control of what its own are worth: the kernels of its convolutions from a normal
// distribution of variance 2 / inputs (He et al. 2015), factors of 1 and summands of 0; its other constants stay.
//     node random-weights.mjs model.json weights.bin 7 folder
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const [topology, weights, seed, folder] = process.argv.slice(2);
const model = JSON.parse(readFileSync(topology, 'utf8'));
const stored = readFileSync(weights);
const operations = new Map(model.modelTopology.node.map((node) => [node.name, node]));

/** Uniform numbers below 1, by mulberry32. */
function* uniform(state) {
  while (true) {
    state = (state + 0x6d2b79f5) | 0;
    let bits = Math.imul(state ^ (state >>> 15), state | 1);
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
    yield ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
  }
}
const numbers = uniform(Number(seed));

/** A number of the standard normal distribution, by Box and Muller. */
function normal() {
  const radius = Math.sqrt(-2 * Math.log(1 - numbers.next().value));
  return radius * Math.cos(2 * Math.PI * numbers.next().value);
}

/** The operation that reads a constant. */
const readers = new Map();
for (const node of operations.values())
  for (const input of node.input ?? []) readers.set(input.replace(/:.*/, ''), node.op);

/** New values of a constant; undefined for one that stays. */
function redrawn({ name, shape }) {
  const count = shape.reduce((product, side) => product * side, 1);
  const reader = readers.get(name);
  if (reader === 'Mul') return new Float32Array(count).fill(1);
  if (reader === 'Add' || reader === 'AddV2' || reader === 'BiasAdd')
    return new Float32Array(count);
  if (reader !== 'Conv2D' && reader !== 'DepthwiseConv2dNative') return undefined;
  const inputs = reader === 'Conv2D' ? count / shape.at(-1) : shape[0] * shape[1];
  const deviation = Math.sqrt(2 / inputs);
  return Float32Array.from({ length: count }, () => deviation * normal());
}

const bytesOfType = { float16: 2, float32: 4, uint8: 1, uint16: 2, int32: 4 };
const parts = [];
const manifest = [];
let offset = 0;
for (const group of model.weightsManifest) {
  for (const entry of group.weights) {
    const count = entry.shape.reduce((product, side) => product * side, 1);
    const size = count * bytesOfType[entry.quantization?.dtype ?? entry.dtype];
    const values = entry.dtype === 'float32' ? redrawn(entry) : undefined;
    parts.push(
      values === undefined ? stored.subarray(offset, offset + size) : Buffer.from(values.buffer),
    );
    manifest.push(
      values === undefined ? entry : { name: entry.name, shape: entry.shape, dtype: entry.dtype },
    );
    offset += size;
  }
}
mkdirSync(folder, { recursive: true });
writeFileSync(join(folder, 'weights.bin'), Buffer.concat(parts));
const weightsManifest = [{ paths: ['weights.bin'], weights: manifest }];
writeFileSync(join(folder, 'model.json'), JSON.stringify({ ...model, weightsManifest }));
