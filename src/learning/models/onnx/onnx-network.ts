import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { InferenceSession, Tensor } from '../../../backend/packages/onnx-runtime.ts';
import { StageError } from '../../../stage.ts';
import { thereAre } from '../../../suggest.ts';
import { fileName } from './file-name.ts';
import { checkImageLimits } from './image-limits.ts';
import { type OnnxFacts, readOnnxFacts, withOutput } from './onnx-file.ts';
import { otherSize } from './other-size.ts';

interface SizeOptions {
  /** Pixels a side, where the file leaves them free. */
  readonly imageSize?: number | undefined;
  /** What gave this size where the user did not write it, for messages. */
  readonly sizeOrigin?: string | undefined;
}

interface OnnxOptions extends SizeOptions {
  readonly threads: number;
  /** The tensor that is computed; by default the file's only output, or that called logits. */
  readonly tensor?: string | undefined;
  /**
   * Images of every pass, the last one filled up, where the file leaves it free; by default as many
   * as come.
   */
  readonly batch?: number | undefined;
  /** Whether its values are probabilities, of which logarithms are taken: these are logits. */
  readonly probabilities?: boolean | undefined;
}

/** How a file takes images. */
interface ImageInput {
  readonly name: string;
  readonly layout: 'NCHW' | 'NHWC';
  readonly size: number;
  /** Images of every pass; undefined where it is free. */
  readonly batch: number | undefined;
}

/**
 * The network of an ONNX file from images to one of its tensors, run by ONNX Runtime itself: unlike
 * layers, it has no gradients and cannot be trained.
 */
export class OnnxNetwork {
  /** Its file. */
  readonly path: string;
  readonly facts: OnnxFacts;
  readonly input: ImageInput;
  /** The name of the tensor that it computes. */
  readonly output: string;
  readonly #session: InferenceSession;
  readonly #probabilities: boolean;

  private constructor(session: InferenceSession, opened: OpenedFile) {
    this.#session = session;
    this.path = opened.path;
    this.facts = opened.facts;
    this.input = opened.input;
    this.output = opened.output;
    this.#probabilities = opened.probabilities ?? false;
  }

  /**
   * Opens a file, or the only one of a folder. Throws a {@link StageError} that says what does not
   * fit, and where.
   */
  static async open(source: string, options: OnnxOptions): Promise<OnnxNetwork> {
    const { threads, imageSize, sizeOrigin, tensor, batch } = options;
    const path = onnxFileAt(source);
    const name = fileName(path);
    const bytes = readFileSync(path);
    const facts = readOnnxFacts(bytes, name, tensor);
    if (tensor !== undefined && !facts.tensors.includes(tensor)) {
      throw new StageError(
        `Expected a tensor of ${name}, got "${tensor}". ${thereAre(tensor, facts.tensors)}`,
      );
    }
    const session = await startSession(
      tensor === undefined ? bytes : withOutput(bytes, tensor),
      threads,
      name,
    );
    const output = tensor ?? onlyOutput(session.outputNames, name);
    const taken = imageInput(session.inputMetadata, { imageSize, sizeOrigin }, name);
    const input = { ...taken, batch: taken.batch ?? batch };
    return new OnnxNetwork(session, { ...options, path, facts, input, output });
  }

  /**
   * The tensor for images `[batch, size, size, 3]`, and its shape without the batch. Throws a
   * {@link StageError} where it is not of numbers, or has another number of rows than there are
   * images.
   */
  async run(
    images: Float32Array,
  ): Promise<{ readonly values: Float32Array; readonly shape: readonly number[] }> {
    const { size, batch } = this.input;
    const pixels = size * size * 3;
    const count = images.length / pixels;
    const step = batch ?? count;
    let values = new Float32Array(0);
    let shape: readonly number[] = [];
    for (let first = 0; first < count; first += step) {
      const some = new Float32Array(step * pixels);
      some.set(images.subarray(first * pixels, (first + step) * pixels));
      const { dims, data } = await this.#runBatch(some, step);
      const width = data.length / step;
      if (first === 0) [values, shape] = [new Float32Array(count * width), dims.slice(1)];
      values.set(data.subarray(0, width * Math.min(step, count - first)), first * width);
    }
    return { values: this.#probabilities ? values.map(logarithm) : values, shape };
  }

  async #runBatch(images: Float32Array, batch: number) {
    const { name, layout, size } = this.input;
    const isFirst = layout === 'NCHW';
    const values = isFirst ? channelsFirst(images, size) : images;
    const shape = isFirst ? [batch, 3, size, size] : [batch, size, size, 3];
    const feed = { [name]: new Tensor('float32', values, shape) };
    const outputs = await this.#session.run(feed, [this.output]).catch((error: Error) => {
      throw new StageError(`ONNX Runtime fails on images of ${size} x ${size}: ${wordsOf(error)}`, {
        cause: error,
      });
    });
    const { type, dims, data } = outputs[this.output]!;
    if (type === 'float32' && dims[0] === batch) return { dims, data: data as Float32Array };
    throw new StageError(
      `Expected a row of float32 for each of ${batch} images in "${this.output}", got ${type} of ${dims.join(' x ')}.`,
    );
  }

  /**
   * Frees what the session holds, which the garbage collector does not see: the process may serve
   * further stages.
   */
  [Symbol.dispose](): void {
    void this.#session.release();
  }
}

interface OpenedFile extends OnnxOptions {
  readonly path: string;
  readonly facts: OnnxFacts;
  readonly input: ImageInput;
  readonly output: string;
}

/** A file, or the only ONNX file of a folder. Throws a {@link StageError} for several or none. */
export function onnxFileAt(source: string): string {
  if (!statSync(source).isDirectory()) return source;
  const names = readdirSync(source).filter((name) => name.endsWith('.onnx'));
  if (names.length === 1) return join(source, names[0]!);
  throw new StageError(
    `Expected one ONNX file in the folder ${source}, got ${names.sort().join(', ') || 'none'}.`,
  );
}

/**
 * Starts ONNX Runtime on the bytes of a file. Throws a {@link StageError} that names what it lacks.
 */
export async function startSession(
  bytes: Uint8Array,
  intraOpNumThreads: number,
  name: string,
): Promise<InferenceSession> {
  try {
    return await InferenceSession.create(bytes, {
      intraOpNumThreads,
      interOpNumThreads: 1,
      logSeverityLevel: 4,
    });
  } catch (error) {
    const reason = wordsOf(error as Error);
    const [, node, operator] = /In Node, \("?([^",]*)"?, (\w+),/.exec(reason) ?? [];
    const what =
      operator === undefined
        ? reason
        : `it has no operator ${operator}, which the node "${node}" asks for.`;
    throw new StageError(`ONNX Runtime cannot take ${name}: ${what}`, { cause: error });
  }
}

/** The logarithm of a probability; for 0 it is that of the smallest float32. */
const logarithm = (probability: number): number => Math.log(Math.max(probability, 2 ** -149));

const wordsOf = ({ message }: Error): string =>
  message.split('\n')[0]!.replace(/^Load model .*?failed: ?/, '');

function onlyOutput(names: readonly string[], file: string): string {
  if (names.length === 1) return names[0]!;
  if (names.includes('logits')) return 'logits';
  throw new StageError(
    `Expected one output of ${file}, or one called logits, got ${names.join(', ')}.`,
  );
}

/** Throws a {@link StageError} unless a file takes square images in colour alone. */
function imageInput(
  inputs: readonly InferenceSession.ValueMetadata[],
  { imageSize, sizeOrigin: origin }: SizeOptions,
  file: string,
): ImageInput {
  const [input] = inputs;
  if (inputs.length !== 1 || input?.isTensor !== true) {
    throw new StageError(
      `Expected one input of ${file}, got ${inputs.map(({ name }) => name).join(', ')}.`,
    );
  }
  const { name, type, shape } = input;
  const got = `"${name}" of ${file} is ${type} of [${shape.join(', ')}]`;
  const layout = shape[1] === 3 ? 'NCHW' : 'NHWC';
  const [height, width] = layout === 'NCHW' ? shape.slice(2) : shape.slice(1);
  if (type !== 'float32' || shape.length !== 4 || shape[layout === 'NCHW' ? 1 : 3] !== 3) {
    throw new StageError(
      `Expected float32 of [batch, 3, height, width] or [batch, height, width, 3], but ${got}.`,
    );
  }
  const free = [height, width].find((length) => typeof length === 'string');
  if (free !== undefined && imageSize === undefined) {
    throw new StageError(
      `Expected a fixed number of pixels, but ${got}, where "${free}" is free: set imageSize.`,
    );
  }
  const sides = [height, width].map((length) => (typeof length === 'number' ? length : imageSize!));
  if (sides[0] !== sides[1]) throw new StageError(`Expected square images, but ${got}.`);
  if (imageSize !== undefined && sides[0] !== imageSize) {
    const [size] = sides as [number, number];
    const wrong = otherSize({ size, given: imageSize, origin });
    throw new StageError(`Expected images of ${size} pixels a side, since ${got}, ${wrong}`);
  }
  checkImageLimits(sides[0], shape[0], got);
  return {
    name,
    layout,
    size: sides[0]!,
    batch: typeof shape[0] === 'number' ? shape[0] : undefined,
  };
}

/** `[batch, size, size, 3]` as `[batch, 3, size, size]`. */
function channelsFirst(images: Float32Array, size: number): Float32Array {
  const result = new Float32Array(images.length);
  const area = size * size;
  for (let image = 0; image < images.length; image += 3 * area) {
    for (let channel = 0; channel < 3; channel++) {
      const to = image + channel * area;
      for (let at = 0; at < area; at++) result[to + at] = images[image + 3 * at + channel]!;
    }
  }
  return result;
}
