/**
 * The network of a model's page, which computes in WebAssembly: in a browser, and where the stage
 * that writes the page checks it. It requests nothing, since all bytes come as base64.
 */
// The layers that tfjs lacks, by their names in saved models.
import '../../../../src/learning/models/custom-layers.ts';
import '../../../../src/learning/models/feature-scaling.ts';
import '../../../../src/learning/models/graph/graph-layer.ts';
import {
  env,
  io,
  type LayersModel,
  loadLayersModel,
  setBackend,
  type Tensor,
  tensor,
  tidy,
} from '@tensorflow/tfjs';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import type { AttributionMap } from '../../../../src/learning/attribution/attribution-map.ts';
import { occlusionMaps } from '../../../../src/learning/attribution/occlusion.ts';
import type { Size } from '../../../../src/learning/vision/resample.ts';
import { fromHalf } from '../half-floats.ts';
import type { PageNetwork } from '../page-facts.ts';

/** The logits of images of a size, `[images, height, width, 3]`, as `[images, classes]`. */
export type Score = (images: Float32Array, size: Size) => Promise<Float32Array>;

/** Starts WebAssembly, and loads the network whose weights are `weights` in base64. */
export async function openNetwork(
  network: PageNetwork,
  weights: string,
  wasm: string,
): Promise<Score> {
  await startWasm(wasm);
  const bytes = bytesOf(weights);
  const values: ArrayBuffer[] = [];
  let start = 0;
  for (const { shape, isHalf } of network.weights) {
    const length = shape.reduce((product, side) => product * side, 1);
    const end = start + length * (isHalf ? 2 : 4);
    const own = bytes.slice(start, end).buffer;
    values.push(isHalf ? singles(new Uint16Array(own)).buffer : own);
    start = end;
  }
  const model = await loadLayersModel(
    io.fromMemory({
      modelTopology: network.topology,
      weightSpecs: network.weights.map(({ name, shape }) => {
        return { name, shape: [...shape], dtype: 'float32' as const };
      }),
      weightData: values,
    }),
  );
  return (images, size) => scoresOf(model, images, size);
}

/** The map of one image by occlusion, of its size; `onPass` hears of each pass of the network. */
export async function mapOf(
  score: Score,
  image: Float32Array,
  { side, classIndex }: { readonly side: number; readonly classIndex: number },
  onPass: () => Promise<void>,
): Promise<AttributionMap> {
  const question = {
    images: image,
    classes: Int32Array.of(classIndex),
    score: 'score' as const,
    seeds: [0],
  };
  const size = { width: side, height: side };
  const passing = async (images: Float32Array) => {
    await onPass();
    return score(images, size);
  };
  const [map] = await occlusionMaps(passing, question, imagesOfPass);
  return map!;
}

/** Images of one pass of {@link mapOf}: few, so that the page answers between passes. */
const imagesOfPass = 4;
/** Passes of {@link mapOf}: that of the image, and those of the 196 squares. */
export const passesOfMap = 1 + 196 / imagesOfPass;

/** The numbers of 32 bits in base64. */
export const floatsOf = (base64: string): Float32Array => new Float32Array(bytesOf(base64).buffer);

async function startWasm(wasm: string): Promise<void> {
  env().set('WASM_HAS_MULTITHREAD_SUPPORT', false);
  if (!(await env().getAsync('WASM_HAS_SIMD_SUPPORT')))
    throw new Error('The network needs WebAssembly with SIMD: a browser of 2023 or newer.');
  const fetch = async () => new Response(bytesOf(wasm));
  const { platform } = env();
  if (platform) platform.fetch = fetch;
  else env().setPlatform('page', platformOf(fetch));
  setWasmPaths('', true);
  if (!(await setBackend('wasm'))) throw new Error('WebAssembly does not start in this browser.');
}

/** Where tfjs knows no platform, as in the stage that checks the page. */
const platformOf = (fetch: () => Promise<Response>) => ({
  fetch,
  now: () => performance.now(),
  encode: (text: string) => new TextEncoder().encode(text),
  decode: (bytes: Uint8Array) => new TextDecoder().decode(bytes),
  isTypedArray: (value: unknown): value is Float32Array => ArrayBuffer.isView(value),
});

async function scoresOf(model: LayersModel, images: Float32Array, size: Size) {
  const { width, height } = size;
  const shape = [images.length / (width * height * 3), height, width, 3];
  const output = tidy(() => model.apply(tensor(images, shape), { training: false }) as Tensor);
  const scores = await output.data<'float32'>();
  output.dispose();
  return scores.slice();
}

function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}

const singleOf = Float32Array.from({ length: 65_536 }, (_, half) => fromHalf(half));

function singles(halves: Uint16Array): Float32Array<ArrayBuffer> {
  const floats = new Float32Array(halves.length);
  for (let i = 0; i < halves.length; i++) floats[i] = singleOf[halves[i]!]!;
  return floats;
}
