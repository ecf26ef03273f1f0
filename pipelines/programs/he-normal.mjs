// Draws the initial weights of a network again, as He et al. 2015 propose for ReLUs: each weight of a layer from a normal distribution of
// variance 2 / inputs, and biases of 0. Takes and writes a safetensors file in PyTorch's layouts:
//     node he-normal.mjs model.safetensors 7 he.safetensors
import { readFileSync, writeFileSync } from 'node:fs';

const [from, seed, to] = process.argv.slice(2);

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

const bytes = readFileSync(from);
const begin = 8 + Number(bytes.readBigUInt64LE());
const header = JSON.parse(bytes.toString('utf8', 8, begin));
for (const [name, entry] of Object.entries(header)) {
  if (name === '__metadata__') continue;
  const [start, end] = entry.data_offsets;
  const inputs = entry.shape.slice(1).reduce((product, side) => product * side, 1);
  const deviation = entry.shape.length === 1 ? 0 : Math.sqrt(2 / inputs);
  for (let at = begin + start; at < begin + end; at += 4)
    bytes.writeFloatLE(deviation === 0 ? 0 : deviation * normal(), at);
}
writeFileSync(to, bytes);
