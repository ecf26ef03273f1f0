interface OtherSize {
  /** Pixels a side that a file takes. */
  readonly size: number;
  readonly given: number;
  /** What gave that size where the user did not write it. */
  readonly origin: string | undefined;
}

/** The end of a sentence about a file that takes images of another size. */
export const otherSize = ({ size, given, origin }: OtherSize): string =>
  origin === undefined
    ? `got imageSize ${given}.`
    : `got ${given}, the size that ${origin} means by default: set imageSize: ${size} beside it.`;
