import type { DecodedImage } from './decode-image.ts';

/**
 * An image stretched to a square, each new pixel the mean of what lies under it, `[side, side, 3]`, 0 to 255. Old pixels are
 * looked at once or twice, so that a large image takes little longer than its decoding.
 *
 * Example: grey values 0, 6, 9 in a row, to a side of 2, give 2, 8.
 */
export function areaMeans({ width, height, pixels }: DecodedImage, side: number): Float64Array {
  const means = new Float64Array(side * side * 3);
  const band = new Float64Array(width * 3); // the sum of the rows under one new row
  const scale = (side * side) / (width * height);
  for (let y = 0; y < side; y++) {
    const [top, bottom] = [(y * height) / side, ((y + 1) * height) / side];
    band.fill(0);
    for (let row = Math.floor(top); row < bottom; row++) {
      const share = Math.min(row + 1, bottom) - Math.max(row, top);
      const start = row * band.length;
      for (let i = 0; i < band.length; i++) band[i]! += share * pixels[start + i]!;
    }
    for (let x = 0; x < side; x++) {
      const left = (x * width) / side;
      const right = ((x + 1) * width) / side;
      let red = 0;
      let green = 0;
      let blue = 0;
      for (let column = Math.floor(left); column < right; column++) {
        const share = Math.min(column + 1, right) - Math.max(column, left);
        red += share * band[3 * column]!;
        green += share * band[3 * column + 1]!;
        blue += share * band[3 * column + 2]!;
      }
      const into = 3 * (y * side + x);
      means[into] = scale * red;
      means[into + 1] = scale * green;
      means[into + 2] = scale * blue;
    }
  }
  return means;
}
