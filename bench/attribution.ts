/**
 * The saliency maps of a whole test set against PyTorch's forward and backward, the same net,
 * weights and images, two threads each.
 *
 *     node --import tsx bench/attribution.ts [net …] [--images=300] [--rounds=5]
 *
 * Both sides take turns in one run, and make the maps in batches of 32: gradient of a score by the
 * image, absolute value, greatest of the channels. PyTorch counts with the faster of its memory
 * formats. The first pass over the set, which compiles the graphs, is timed separately. The maps of
 * both are compared before anything is timed.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LayersModel } from '@tensorflow/tfjs';
import { selectBackend } from '../src/backend/select/select-backend.ts';
import { channelMaximum } from '../src/learning/attribution/attribution-map.ts';
import { inputGradient } from '../src/learning/attribution/gradients.ts';
import { buildNet } from '../src/learning/models/build-net.ts';
import { weightedNet } from '../src/learning/models/export/weighted-net.ts';
import { initialiseWeights } from '../src/learning/models/initial-weights.ts';
import { netOf } from '../src/learning/models/model-setting.ts';
import { toPytorch } from '../src/learning/models/weights/net-weights.ts';
import { Random } from '../src/random.ts';
import { type Peer, pytorchSides, startPeer } from './backend/peer.ts';
import { compareInTurns, timed } from './backend/samples.ts';

const threads = 2;
const batch = 32;
/** Pixels a side: PyTorch's nets are written for it. */
const size = 256;
/** The ratio of the medians to reach. */
const goal = 1.2;
const nets = ['simple-net', 'my-net', 'tiny-xception'] as const;
type NetName = (typeof nets)[number];

const option = (name: string, otherwise: number) =>
  Number(
    process.argv.find((argument) => argument.startsWith(`--${name}=`))?.split('=')[1] ?? otherwise,
  );
const count = option('images', 300);
const rounds = option('rounds', 5);
const named = process.argv.slice(2).filter((argument) => !argument.startsWith('--')) as NetName[];

await selectBackend('onnxruntime', { threads });
for (const net of named.length > 0 ? named : nets) await compare(net);

async function compare(net: NetName): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'attribution-'));
  try {
    const model = buildNet(netOf(net), size);
    initialiseWeights(model, 1);
    const images = new Float32Array(count * size * size * 3);
    new Random('images', 1).normals(images);
    writeFolder(folder, net, model, images);
    const ours = () => saliency(model, images);
    const first = await timed(ours);
    await using peer = await startPeer(new URL('attribution.py', import.meta.url), process.env, [
      folder,
    ]);
    const agree = await compareMaps(await ours(), peer, join(folder, 'maps.f32'));
    // Weights become constants after eight runs.
    for (let run = 0; run * Math.ceil(count / batch) < 10; run++) await ours();
    const sides = [
      { name: 'restage', pid: process.pid, run: () => timed(ours) },
      ...pytorchSides(peer, 'time'),
    ];
    const title = `${net}, ${count} images`;
    const best = await compareInTurns(sides, { title, cores: threads, runs: 1, rounds, goal });
    const firstPass = `the first pass, with compiling: ${first.toFixed(3)} s (${(first / best).toFixed(2)})`;
    console.log(
      `${title.padEnd(28)}${firstPass}; the maps of ${agree} of ${count} images agree to 1e-4\n`,
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** What the peer reads: weights in PyTorch's order and layout, and the images. */
function writeFolder(folder: string, net: NetName, model: LayersModel, images: Float32Array): void {
  const normalise = {
    mean: [0, 0, 0] as [number, number, number],
    deviation: [1, 1, 1] as [number, number, number],
  };
  const input = { size, fit: 'cover', kernel: 'linear', normalise } as const;
  const info = {
    architecture: net,
    classes: ['real', 'fake'],
    input,
    training: {},
    chosenEpoch: 0,
    backend: 'none',
  };
  const { weights } = weightedNet({ model, info });
  const values = weights.map((weight) => Buffer.from(toPytorch(weight, weight.values).buffer));
  writeFileSync(join(folder, 'net.json'), JSON.stringify({ net, imageSize: size, batch }));
  writeFileSync(join(folder, 'weights.f32'), Buffer.concat(values));
  writeFileSync(join(folder, 'images.f32'), new Uint8Array(images.buffer));
}

/** Maps of all images: `[count, size, size]`. */
async function saliency(model: LayersModel, images: Float32Array): Promise<Float32Array> {
  const maps = new Float32Array(images.length / 3);
  const length = size * size * 3;
  for (let first = 0; first < count; first += batch) {
    const last = Math.min(count, first + batch);
    const classes = Int32Array.from({ length: last - first }, (_, i) => (first + i) % 2);
    const question = {
      images: images.subarray(first * length, last * length),
      classes,
      score: 'score',
      seeds: [],
    } as const;
    maps.set(channelMaximum((await inputGradient(model, question)).gradient), first * size * size);
  }
  return maps;
}

/**
 * How many images' maps agree to 1e-4 of their greatest value. In the others rounding decided which
 * of two nearly equal values is a pool's maximum, or on which side of a ReLU one lies, and the
 * gradient went another way.
 */
async function compareMaps(maps: Float32Array, peer: Peer, path: string): Promise<number> {
  await peer.ask(`maps ${path}`);
  const theirs = new Float32Array(new Uint8Array(readFileSync(path)).buffer);
  let agree = 0;
  for (let image = 0; image < count; image++) {
    const ofImage = (all: Float32Array) =>
      all.subarray(image * size * size, (image + 1) * size * size);
    const map = ofImage(maps);
    const peerMap = ofImage(theirs);
    const most = peerMap.reduce((greatest, value) => Math.max(greatest, value), 0);
    if (peerMap.every((value, i) => Math.abs(value - map[i]!) <= 1e-4 * most)) agree++;
  }
  return agree;
}
