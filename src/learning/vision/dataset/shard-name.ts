import { sha256 } from '../../../digest.ts';

/**
 * The name of the tar file of a part of a data set, such as a video: readable, and different for
 * every name of a part, whatever other parts there are.
 */
export const shardName = (part: string): string =>
  `${part.replaceAll(/[^\w.-]/g, '_').slice(-80)}-${sha256(part).slice(0, 8)}.tar`;
