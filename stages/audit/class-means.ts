import { ringCount } from '../../src/learning/vision/forensics/radial-spectrum.ts';
import { lumaOf } from '../../src/learning/vision/luma.ts';
import { type Examined, meanSide } from './look-at-image.ts';

/** Averages over the images of one class. */
export type ClassMeans = ReturnType<MeansOfClass['finish']>;

/** Accumulates these averages, one image after another. */
export class MeansOfClass {
  #images = 0;
  readonly #mean = new Float64Array(meanSide * meanSide * 3);
  readonly #luma = new Float64Array(meanSide * meanSide);
  readonly #lumaSquares = new Float64Array(meanSide * meanSide);
  readonly #means = new Float64Array(ringCount);
  readonly #squares = new Float64Array(ringCount);

  add({ reduced, look: { spectrum } }: Examined): void {
    this.#images++;
    for (let i = 0; i < reduced.length; i++) this.#mean[i]! += reduced[i]!;
    for (let i = 0; i < this.#luma.length; i++) {
      const value = lumaOf(reduced[3 * i]!, reduced[3 * i + 1]!, reduced[3 * i + 2]!);
      this.#luma[i]! += value;
      this.#lumaSquares[i]! += value * value;
    }
    // Welford 1962: squares around the running mean, since plain sums of squares lose digits.
    for (let ring = 0; ring < ringCount; ring++) {
      const before = spectrum[ring]! - this.#means[ring]!;
      this.#means[ring]! += before / this.#images;
      this.#squares[ring]! += before * (spectrum[ring]! - this.#means[ring]!);
    }
  }

  finish() {
    const count = this.#images;
    return {
      images: count,
      /** `[64, 64, 3]`, 0 to 255. */
      mean: this.#mean.map((sum) => sum / count),
      /** The variance of luma over images, at each pixel: `[64, 64]`. */
      variance: this.#luma.map((sum, i) =>
        Math.max(0, this.#lumaSquares[i]! / count - (sum / count) ** 2),
      ),
      /** Mean and deviation of log10 power over images, for each ring. */
      spectrum: Array.from(this.#means, (mean, ring) => ({
        mean,
        deviation: Math.sqrt(this.#squares[ring]! / Math.max(1, count - 1)),
      })),
    };
  }
}
