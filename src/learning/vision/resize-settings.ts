/**
 * The ways to bring an image to the size that a model takes; light, so that settings may name them.
 */
export interface Resize {
  /** In pixels. */
  readonly width: number;
  readonly height: number;
  readonly fit: Fit;
  readonly kernel: Kernel;
  /**
   * Where given, `fit` does not count: the image is resized to this, or keeps its pixels, and its
   * middle of `width` x `height` is taken, as torchvision and timm do.
   */
  readonly before?: ResizeTo | 'native';
}

/** The length of an image's shorter side, or its height and width, in pixels. */
export type ResizeTo = number | readonly [height: number, width: number];

/**
 * Images with the pixels of their files: training sees random crops, evaluation whole images, of
 * several sizes in one set.
 */
export interface NativeScale {
  /**
   * Pixels a side of the largest image that is seen whole, which bounds the memory of a pass; of a
   * larger one the middle is seen.
   */
  readonly largest: number;
}

export const usualLargest = 1024;

/**
 * `cover` fills the size and crops at the centre; `contain` shows the whole image on black; `fill`
 * stretches it.
 */
export const fits = ['cover', 'contain', 'fill'] as const;
export type Fit = (typeof fits)[number];

/**
 * The kernel that weighs pixels. All but `nearest` widen with the reduction, so that nothing
 * aliases; torchvision has `linear`.
 */
export const kernels = ['nearest', 'linear', 'cubic', 'mitchell', 'lanczos2', 'lanczos3'] as const;
export type Kernel = (typeof kernels)[number];
