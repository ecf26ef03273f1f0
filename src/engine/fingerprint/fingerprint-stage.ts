import { createHash } from 'node:crypto';
import type { Digest } from '../../digest.ts';
import type { Stage } from '../config/pipeline.ts';
import type { Fingerprint, FingerprintInput } from './fingerprint.ts';

/** What a fingerprint holds of an input item: the digest of the parts that the stage reads, and what it sees of the name. */
export type KeyedItem = Pick<FingerprintInput, 'digest' | 'extension' | 'name'>;

/** What a stage's fingerprint needs beyond the stage itself. */
export interface FingerprintSurroundings {
  /** Every item of every port, in the order of the stage's own inputs. */
  readonly inputs: ReadonlyMap<string, readonly KeyedItem[]>;
  /** The backend that the user named; undefined for `auto`, which accepts the results of any backend. */
  readonly backend: string | undefined;
  readonly salt: string | undefined;
}

/** The fingerprint of a stage. Pure: the same stage and digests give the same value. */
export function fingerprintStage(stage: Stage, { inputs, backend, salt }: FingerprintSurroundings): Fingerprint {
  return {
    kind: stage.kind,
    version: stage.kindVersion,
    settings: stage.keyedSettings,
    inputs: Object.fromEntries(
      stage.inputs.map((input) => [input.port, keyedItems(input.items, inputs.get(input.port) ?? [])]),
    ),
    outputs: stage.outputs.map(({ port, extension = '' }) => port + extension).sort(),
    ...(Object.keys(stage.env).length > 0 && { env: hashValues(stage.env) }),
    ...(stage.computes && backend !== undefined && { backend }),
    ...(salt !== undefined && { salt }),
  };
}

function keyedItems(items: Stage['inputs'][number]['items'], keyed: readonly KeyedItem[]): readonly FingerprintInput[] {
  return items.map(({ labels }, index) => ({
    ...keyed[index]!,
    ...(Object.keys(labels).length > 0 && { labels }),
  }));
}

/** Values of the environment are hashed, so that no token ends in a readable file. */
function hashValues(env: Stage['env']): Readonly<Record<string, Digest | null>> {
  return Object.fromEntries(
    Object.entries(env).map(([name, value]) => [
      name,
      value === null ? null : (createHash('sha256').update(value).digest('hex') as Digest),
    ]),
  );
}
