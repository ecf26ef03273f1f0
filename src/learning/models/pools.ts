/** What is taken of each channel over all positions of a layer. Light, since a spec imports it. */
export const pools = ['mean', 'deviation'] as const;
export type Pool = (typeof pools)[number];
