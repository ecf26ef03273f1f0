import type { Look, Print } from './look-at-image.ts';

/** An image of the data set, and what was seen of it. */
export interface AuditedImage {
  readonly key: string;
  readonly path: string;
  readonly split: string;
  /** Its place in its split. */
  readonly index: number;
  /** 0 = real, 1 = fake. */
  readonly label: number;
  readonly group: string | undefined;
  readonly width: number;
  readonly height: number;
  readonly print: Print;
}

/** One of those that stand for all: what is learned of a class is learned of these. */
export interface ExaminedImage extends AuditedImage {
  /** Its place among all images. */
  readonly place: number;
  readonly look: Look;
}
