import { StageError } from '../../../stage.ts';
import type { DecodedImage } from '../../vision/decode-image.ts';
import { cut } from '../crops/cut.ts';
import { frameFace } from '../crops/placement.ts';
import { transform } from '../crops/similarity.ts';
import type { Box, Point } from '../geometry.ts';
import { OnnxSession, type PixelForm } from './onnx-session.ts';

/** Values above this are pixels of the input; others are shares of its side. */
const mostShare = 2;

/**
 * A landmark network of an ONNX file: from a square around a face's box to 68 pairs of x and y, in
 * pixels of the square or as shares of its side.
 */
export class OnnxLandmarks implements Disposable {
  readonly #session: OnnxSession;
  readonly #pixels: PixelForm;
  readonly #margin: number;

  private constructor(session: OnnxSession, pixels: PixelForm, margin: number) {
    this.#session = session;
    this.#pixels = pixels;
    this.#margin = margin;
  }

  /** Throws a {@link StageError} for a file with another input. */
  static async open(
    path: string,
    threads: number,
    { side, margin, ...pixels }: PixelForm & { readonly side: number; readonly margin: number },
  ): Promise<OnnxLandmarks> {
    return new OnnxLandmarks(await OnnxSession.open(path, threads, side), pixels, margin);
  }

  /** The 68 landmarks of the face in a box, in pixels of the image. Throws a {@link StageError}. */
  async locate(image: DecodedImage, box: Box): Promise<readonly Point[]> {
    const { file, size } = this.#session;
    const { toImage } = frameFace(box, size.width, this.#margin);
    const outputs = await this.#session.run(cut(image, toImage, size.width), this.#pixels);
    const values = outputs.find((output) => output.values.length === 136)?.values;
    if (values === undefined) {
      const shapes = outputs.map(({ name, shape }) => `${name} of [1, ${shape.join(', ')}]`);
      throw new StageError(
        `Expected an output of 136 numbers, x and y of 68 landmarks, but ${file} has ${shapes.join('; ')}.`,
      );
    }
    const scale = values.some((value) => Math.abs(value) > mostShare) ? 1 : size.width;
    return Array.from({ length: 68 }, (_, landmark) =>
      transform(toImage, {
        x: values[2 * landmark]! * scale,
        y: values[2 * landmark + 1]! * scale,
      }),
    );
  }

  [Symbol.dispose](): void {
    this.#session[Symbol.dispose]();
  }
}
