import type { DecodedImage } from './decode-image.ts';

/**
 * An image stretched to a square, each new pixel the mean of the area under it, `[side, side, 3]`,
 * 0 to 255. Each old pixel is read once or twice. Example: grey values 0, 6, 9 in a row, to a side
 * of 2, give 2, 8.
 */
export function areaMeans({ width, height, pixels }: DecodedImage, side: number): Float64Array {
  const means = new Float64Array(side * side * 3);
  const band = new Float64Array(width * 3); // the sum of the rows under one new row
  const scale = (side * side) / (width * height);
  const columns = spansUnder(width, side);
  const rows = spansUnder(height, side);
  for (let y = 0; y < side; y++) {
    sumRows(pixels, rows[y]!, band);
    for (let x = 0; x < side; x++) {
      const { first, shares } = columns[x]!;
      let red = 0;
      let green = 0;
      let blue = 0;
      for (let k = 0; k < shares.length; k++) {
        const share = shares[k]!;
        const from = 3 * (first + k);
        red += share * band[from]!;
        green += share * band[from + 1]!;
        blue += share * band[from + 2]!;
      }
      const into = 3 * (y * side + x);
      means[into] = scale * red;
      means[into + 1] = scale * green;
      means[into + 2] = scale * blue;
    }
  }
  return means;
}

/**
 * The old rows or columns under a new one: the first of them, and how much of each lies there, 0 to
 * 1.
 */
interface Span {
  readonly first: number;
  readonly shares: Float64Array;
}

function spansUnder(length: number, side: number): readonly Span[] {
  return Array.from({ length: side }, (_, cell) => {
    const start = (cell * length) / side;
    const end = ((cell + 1) * length) / side;
    const first = Math.floor(start);
    const shares = new Float64Array(Math.ceil(end) - first);
    for (let k = 0; k < shares.length; k++)
      shares[k] = Math.min(first + k + 1, end) - Math.max(first + k, start);
    return { first, shares };
  });
}

/**
 * Sums rows by their shares. Four in one pass, which halves the time: `band` is read and written
 * for all of them once.
 */
function sumRows(pixels: Uint8Array, { first, shares }: Span, band: Float64Array): void {
  const length = band.length;
  band.fill(0);
  for (let k = 0; k < shares.length; k += 4) {
    const share = (row: number) => shares[row] ?? 0;
    const start = (row: number) => (first + Math.min(row, shares.length - 1)) * length;
    const shareA = share(k);
    const shareB = share(k + 1);
    const shareC = share(k + 2);
    const shareD = share(k + 3);
    const a = start(k);
    const b = start(k + 1);
    const c = start(k + 2);
    const d = start(k + 3);
    for (let i = 0; i < length; i++) {
      const two = band[i]! + shareA * pixels[a + i]! + shareB * pixels[b + i]!;
      band[i] = two + shareC * pixels[c + i]! + shareD * pixels[d + i]!;
    }
  }
}
