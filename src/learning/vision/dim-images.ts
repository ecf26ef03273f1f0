import { formatCountOf, formatFew, formatShare } from '../../format-numbers.ts';

/** An image in a file of 16 bits a value that uses fewer of them, so that it looks dark. */
export interface DimImage {
  readonly path: string;
  readonly usedBits: number;
}

/**
 * Whether the brightest value is a quarter of white at most: cameras and scanners write 10, 12 or
 * 14 bits into files of 16, and their upper 8 bits, which viewers show, are then nearly black. An
 * image without any light is black.
 */
export const isDim = (usedBits: number | undefined): usedBits is number =>
  usedBits !== undefined && usedBits > 1 && usedBits <= 14;

/** What is wrong with dim images, and what to do. */
export function dimWarning(dim: readonly DimImage[], total: number): string {
  const bits = Math.max(...dim.map(({ usedBits }) => usedBits));
  const share = formatShare((2 ** bits - 1) / (2 ** 16 - 1), 0);
  const isAlone = dim.length === 1;
  const have = isAlone ? 'has' : 'have';
  const use = isAlone ? 'uses' : 'use';
  const are = isAlone ? 'it is' : 'they are';
  const paths = dim.map(({ path }) => path);
  return (
    `${dim.length} of ${formatCountOf(total, 'image')} ${have} 16 bits a value but ${use} only the lower ${bits}, ` +
    `so ${are} at most ${share} as bright as white: ${formatFew(paths, 5)}. ` +
    `Multiply their values by ${2 ** (16 - bits)}, or save them with 8 bits.`
  );
}
