import { readFileSync } from 'node:fs';
import { type InferenceSession, Tensor } from '../../../backend/packages/onnx-runtime.ts';
import { StageError } from '../../../stage.ts';
import { fileName } from '../../models/onnx/file-name.ts';
import { readOnnxFacts } from '../../models/onnx/onnx-file.ts';
import { startSession } from '../../models/onnx/onnx-network.ts';
import type { DecodedImage } from '../../vision/decode-image.ts';
import { resample, type Size } from '../../vision/resample.ts';

/** How the pixels of an image become numbers: (value - mean) / deviation, of 0 to 255. */
export interface PixelForm {
  readonly colours: 'rgb' | 'bgr';
  /** In the order of `colours`. */
  readonly mean: readonly number[];
  readonly deviation: readonly number[];
}

/** An output of a network: its shape without the batch of one image, and its values. */
export interface OnnxOutput {
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/** A network of an ONNX file from one image, `[1, 3, height, width]`, to any number of outputs. */
export class OnnxSession implements Disposable {
  /** The name of the file, for messages. */
  readonly file: string;
  readonly size: Size;
  readonly #session: InferenceSession;
  readonly #input: string;

  private constructor(session: InferenceSession, file: string, size: Size) {
    this.#session = session;
    this.file = file;
    this.size = size;
    this.#input = session.inputNames[0]!;
  }

  /**
   * Opens a file; images have `side` pixels in both directions where it leaves them free. Throws a
   * {@link StageError} for a file with another input.
   */
  static async open(path: string, threads: number, side: number): Promise<OnnxSession> {
    const file = fileName(path);
    const bytes = readFileSync(path);
    readOnnxFacts(bytes, file);
    const session = await startSession(bytes, threads, file);
    const [input] = session.inputMetadata;
    if (session.inputNames.length !== 1 || input?.isTensor !== true || input.shape[1] !== 3) {
      throw new StageError(
        `Expected one input of ${file} of [1, 3, height, width], got ${session.inputNames.join(', ')}.`,
      );
    }
    const [height, width] = input.shape
      .slice(2)
      .map((length) => (typeof length === 'number' ? length : side));
    return new OnnxSession(session, file, { width: width!, height: height! });
  }

  /** The outputs for an image of the session's size. */
  async run(image: DecodedImage, form: PixelForm): Promise<readonly OnnxOutput[]> {
    const { width, height } = this.size;
    const values = channelsFirst(image, form);
    const feed = { [this.#input]: new Tensor('float32', values, [1, 3, height, width]) };
    const outputs = await this.#session.run(feed).catch((error: Error) => {
      throw new StageError(`ONNX Runtime fails on ${this.file}: ${error.message.split('\n')[0]}`, {
        cause: error,
      });
    });
    return this.#session.outputNames.map((name) => {
      const { type, dims, data } = outputs[name]!;
      if (type !== 'float32')
        throw new StageError(`Expected float32 in "${name}" of ${this.file}, got ${type}.`);
      return { name, shape: dims.slice(1), values: data as Float32Array };
    });
  }

  [Symbol.dispose](): void {
    void this.#session.release();
  }
}

function channelsFirst({ pixels }: DecodedImage, form: PixelForm): Float32Array {
  const { colours, mean, deviation } = form;
  const area = pixels.length / 3;
  const values = new Float32Array(pixels.length);
  for (let channel = 0; channel < 3; channel++) {
    const from = colours === 'rgb' ? channel : 2 - channel;
    for (let at = 0; at < area; at++) {
      values[channel * area + at] = (pixels[3 * at + from]! - mean[channel]!) / deviation[channel]!;
    }
  }
  return values;
}

/**
 * An image scaled to fit into a size, in its upper left corner; the rest is black. `scale` leads
 * back: pixels of the image for each of the result.
 */
export function fitInto(
  image: DecodedImage,
  { width, height }: Size,
): { readonly image: DecodedImage; readonly scale: number } {
  const scale = Math.max(image.width / width, image.height / height);
  const inner = {
    width: Math.max(1, Math.min(width, Math.round(image.width / scale))),
    height: Math.max(1, Math.min(height, Math.round(image.height / scale))),
  };
  const { buffer, byteOffset, length } = image.pixels;
  const values = new Uint8ClampedArray(buffer, byteOffset, length);
  const resized = resample(values, image, inner, 3);
  const pixels = new Uint8Array(width * height * 3);
  for (let row = 0; row < inner.height; row++) {
    const line = resized.subarray(row * inner.width * 3, (row + 1) * inner.width * 3);
    pixels.set(line, row * width * 3);
  }
  return { image: { width, height, pixels }, scale };
}
