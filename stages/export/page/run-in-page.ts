import { createContext, runInContext } from 'node:vm';
import type { Size } from '../../../src/learning/vision/resample.ts';
import type { NetworkParts } from './render-page.ts';

/** Everything of a browser that the network of a page needs. */
const browser = () => ({
  atob,
  console,
  performance,
  Response,
  setTimeout,
  clearTimeout,
  TextDecoder,
  TextEncoder,
});

/** The logits that the network of a page gives images, by the page's own script and bytes. */
export async function runInPage(
  parts: NetworkParts,
  images: Float32Array,
  { width, height }: Size,
): Promise<readonly number[]> {
  const base64 = Buffer.from(images.buffer, images.byteOffset, images.byteLength).toString(
    'base64',
  );
  const { network, weights, wasm } = parts;
  const given = { network, weights, wasm, images: base64, size: { width, height } };
  const context = createContext({ ...browser(), given });
  runInContext(`globalThis.self = globalThis; ${parts.networkScript}`, context);
  const scores: unknown = await runInContext(
    `(async () => {
      const score = await restageNetwork.openNetwork(JSON.parse(given.network), given.weights, given.wasm);
      return [...(await score(restageNetwork.floatsOf(given.images), given.size))];
    })()`,
    context,
  );
  return Array.from(scores as Iterable<number>);
}
