/**
 * Colours of categories for every kind of colour blindness: Okabe and Ito 2008, without the yellow,
 * too faint on white.
 */
export const palette = [
  '#0072b2',
  '#d55e00',
  '#009e73',
  '#cc79a7',
  '#e69f00',
  '#56b4e9',
  '#000000',
] as const;

/** Colours of areas and bars that touch or overlap; their greys differ by at least 10 %. */
export const fills = ['#0072b2', '#e69f00', '#333333', '#c9ced6'] as const;

/** The colours of two classes in label order. */
export const classColours = [fills[0], fills[1]] as const;

/** The colours of any number of classes, which repeat where there are many. */
export const coloursOf = (classes: readonly string[]): readonly string[] =>
  classes.length === 2 ? classColours : classes.map((_, i) => palette[i % palette.length]!);
