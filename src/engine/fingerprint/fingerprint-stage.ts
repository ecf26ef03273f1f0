import { type Digest, sha256 } from '../../digest.ts';
import type { Stage } from '../config/pipeline.ts';
import type { Fingerprint, FingerprintInput, KeyedItem } from './fingerprint.ts';

/** The fingerprint of a stage, with the items of its inputs by port. */
export function fingerprintStage(
  stage: Stage,
  inputs: ReadonlyMap<string, readonly KeyedItem[]>,
  { backend, salt }: Readonly<Record<'backend' | 'salt', string | undefined>>,
): Fingerprint {
  const keyed = stage.inputs.map(({ port, items }) => [
    port,
    keyedItems(items, inputs.get(port) ?? []),
  ]);
  return {
    kind: stage.kind,
    version: stage.kindVersion,
    settings: stage.keyedSettings,
    inputs: Object.fromEntries(keyed),
    outputs: stage.outputs.map(({ port, extension = '' }) => port + extension).sort(),
    ...(Object.keys(stage.env).length > 0 && { env: hashValues(stage.env) }),
    ...(stage.computes && backend !== undefined && { backend }),
    ...(salt !== undefined && { salt }),
    ...(stage.trial !== undefined && { trial: stage.trial }),
    ...(stage.proposing !== undefined && { history: stage.proposing.history }),
  };
}

function keyedItems(
  items: Stage['inputs'][number]['items'],
  keyed: readonly KeyedItem[],
): readonly FingerprintInput[] {
  return items.map(({ labels }, index) => ({
    ...keyed[index]!,
    ...(Object.keys(labels).length > 0 && { labels }),
  }));
}

/** Values of the environment are hashed, so that no token is in a readable file. */
function hashValues(env: Stage['env']): Readonly<Record<string, Digest | null>> {
  return Object.fromEntries(
    Object.entries(env).map(([name, value]) => [name, value === null ? null : sha256(value)]),
  );
}
