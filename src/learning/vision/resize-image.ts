import { cropMiddle } from './crop-middle.ts';
import { resample, type Size } from './resample.ts';
import type { Kernel, NativeScale, Resize, ResizeTo } from './resize-settings.ts';

// Light: the page of a model resizes images in the browser with it.

/** An image of three channels, `[height, width, 3]`. */
interface Pixels extends Size {
  readonly pixels: Uint8Array;
}

/** Resizes pixels as Pillow does, then crops or frames them, as a model takes them. */
export function resizeImage(image: Pixels, resize: Resize): Pixels {
  if (resize.before === 'native') return cropMiddle(image, resize);
  if (resize.before !== undefined) {
    const size = sizeBefore(image, resize.before);
    return cropMiddle(resizePixels(image, size, resize.kernel, 'pillow'), resize);
  }
  const scaled = resizePixels(image, scaledSize(image, resize), resize.kernel);
  return resize.fit === 'contain' ? onBlack(scaled, resize) : cropCentre(scaled, resize);
}

/** The size of the whole image after it was scaled for a fit, before it is cropped or framed. */
export function scaledSize(image: Size, { width, height, fit }: Resize): Size {
  if (fit === 'fill') return { width, height };
  const scales = [width / image.width, height / image.height];
  const scale = fit === 'cover' ? Math.max(...scales) : Math.min(...scales);
  const scaled = (length: number) => Math.max(1, Math.round(length * scale));
  return { width: scaled(image.width), height: scaled(image.height) };
}

/** The longer side is cut to whole pixels, as torchvision's `Resize` does. */
export function sizeBefore({ width, height }: Size, before: ResizeTo): Size {
  if (typeof before !== 'number') return { width: before[1], height: before[0] };
  return width < height
    ? { width: before, height: Math.trunc((before * height) / width) }
    : { width: Math.trunc((before * width) / height), height: before };
}

/** The size at which an image is seen at native scale. */
export const nativeSize = ({ width, height }: Size, { largest }: NativeScale): Size => ({
  width: Math.min(width, largest),
  height: Math.min(height, largest),
});

/** An image of which no more than `largest` pixels a side are seen. */
export function cropNative(image: Pixels, native: NativeScale): Pixels {
  const size = nativeSize(image, native);
  return size.width === image.width && size.height === image.height
    ? image
    : cropMiddle(image, size);
}

function resizePixels(image: Pixels, size: Size, kernel: Kernel, exact?: 'pillow'): Pixels {
  const { buffer, byteOffset, length } = image.pixels;
  const pixels = new Uint8ClampedArray(buffer, byteOffset, length);
  const resampled = resample(pixels, image, size, 3, kernel, exact);
  return { ...size, pixels: new Uint8Array(resampled.buffer) };
}

/** The middle, as libvips takes it: of an odd rest the larger half is cut at the left and top. */
function cropCentre(image: Pixels, { width, height }: Size): Pixels {
  const left = Math.floor((image.width - width + 1) / 2);
  const top = Math.floor((image.height - height + 1) / 2);
  const pixels = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    const from = ((y + top) * image.width + left) * 3;
    pixels.set(image.pixels.subarray(from, from + width * 3), y * width * 3);
  }
  return { width, height, pixels };
}

/** The whole image in the middle of black. */
function onBlack(image: Pixels, { width, height }: Size): Pixels {
  const left = Math.floor((width - image.width) / 2);
  const top = Math.floor((height - image.height) / 2);
  const pixels = new Uint8Array(width * height * 3);
  for (let y = 0; y < image.height; y++) {
    const row = image.pixels.subarray(y * image.width * 3, (y + 1) * image.width * 3);
    pixels.set(row, ((y + top) * width + left) * 3);
  }
  return { width, height, pixels };
}
