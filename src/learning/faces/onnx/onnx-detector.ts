import { StageError } from '../../../stage.ts';
import type { DecodedImage } from '../../vision/decode-image.ts';
import { type Detection, type Detector, suppress } from '../detector.ts';
import { areaOf, type Box, intersectionOf } from '../geometry.ts';
import type { DetectorForm } from './detector-form.ts';
import { fitInto, OnnxSession, type PixelForm } from './onnx-session.ts';
import { retinaFace } from './retina-face.ts';
import { yuNet } from './yu-net.ts';

/** The table of forms. */
const forms: readonly DetectorForm[] = [yuNet, retinaFace];

/** A detector of an ONNX file, whose outputs have one of the known forms. */
export class OnnxDetector implements Detector {
  readonly #session: OnnxSession;
  readonly #pixels: Partial<PixelForm>;

  private constructor(session: OnnxSession, pixels: Partial<PixelForm>) {
    this.#session = session;
    this.#pixels = pixels;
  }

  /** Throws a {@link StageError} for a file with another input. */
  static async open(
    path: string,
    threads: number,
    { side, ...pixels }: Partial<PixelForm> & { readonly side: number },
  ): Promise<OnnxDetector> {
    return new OnnxDetector(await OnnxSession.open(path, threads, side), pixels);
  }

  /** Throws a {@link StageError} where the outputs have no known form. */
  async detect(image: DecodedImage, minScore: number): Promise<readonly Detection[]> {
    const { size } = this.#session;
    const fitted = fitInto(image, size);
    const form = await this.#findForm(fitted.image);
    const pixels = { ...form.pixels, ...this.#pixels };
    const outputs = await this.#session.run(fitted.image, pixels);
    const whole = { left: 0, top: 0, right: image.width, bottom: image.height };
    const detections = form
      .decode(outputs, size, minScore)
      .map((detection) => enlarge(detection, fitted.scale, whole))
      .filter(({ box }) => areaOf(box) > 0);
    return suppress(detections);
  }

  [Symbol.dispose](): void {
    this.#session[Symbol.dispose]();
  }

  #form: DetectorForm | undefined;

  /** The form by the names and shapes of the outputs, which only a run shows for all files. */
  async #findForm(image: DecodedImage): Promise<DetectorForm> {
    if (this.#form !== undefined) return this.#form;
    const outputs = await this.#session.run(image, yuNet.pixels);
    this.#form = forms.find(({ fits }) => fits(outputs, this.#session.size));
    if (this.#form !== undefined) return this.#form;
    const shapes = outputs.map(({ name, shape }) => `${name} of [1, ${shape.join(', ')}]`);
    const titles = forms.map(({ title }) => title).join(' or ');
    throw new StageError(
      `Expected a detector whose outputs have the form of ${titles}, but ${this.#session.file} has ${shapes.join('; ')}.`,
    );
  }
}

function enlarge({ box, score, points }: Detection, scale: number, whole: Box): Detection {
  const larger = {
    left: box.left * scale,
    top: box.top * scale,
    right: box.right * scale,
    bottom: box.bottom * scale,
  };
  const moved = points?.map(({ x, y }) => ({ x: x * scale, y: y * scale }));
  const inside = intersectionOf(larger, whole);
  return moved === undefined ? { box: inside, score } : { box: inside, score, points: moved };
}
