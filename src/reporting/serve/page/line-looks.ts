import { palette } from '../../../learning/charts/palette.ts';

/** How a line is told from others. */
export interface LineLook {
  readonly colour: string;
  /** Lengths of dashes and gaps; empty: an unbroken line. */
  readonly dash: string;
}

const dashes = ['', '8 3', '2 3', '9 3 2 3', '4 2'] as const;

/** The look of the line at a place: colours first, then dashes; after 35 lines they repeat. */
export const lookOf = (index: number): LineLook => {
  const colour = palette[index % palette.length]!;
  return {
    colour: colour === '#000000' ? 'var(--ink)' : colour, // seen in the dark
    dash: dashes[Math.floor(index / palette.length) % dashes.length]!,
  };
};
