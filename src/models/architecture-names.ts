/** The networks that a `train` stage can name; light, since a spec lists them. `architectures.ts` builds them. */
export const architectureNames = ['simple-net'] as const;
export type ArchitectureName = (typeof architectureNames)[number];

/** The smallest image, in pixels a side, that leaves every layer of the network something to see. */
export const smallestImage: Readonly<Record<ArchitectureName, number>> = { 'simple-net': 50 };
