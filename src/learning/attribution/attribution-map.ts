/**
 * How much each place of an image counts, in the method's own unit: not scaled, so that maps of one method compare. A class
 * activation map has the size of its layer, any other that of the image as the network sees it.
 */
export interface AttributionMap {
  readonly height: number;
  readonly width: number;
  /** At least 0: `[height, width]`. */
  readonly values: Float32Array;
}
