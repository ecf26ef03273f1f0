import { type Digest, sha256 } from '../../digest.ts';
import { isJsonObject, type JsonObject } from '../../json.ts';
import type { SettingPath } from '../../stage.ts';
import type { CheckpointRule } from '../config/pipeline.ts';
import { canonicalJson } from './canonical-json.ts';
import type { Fingerprint } from './fingerprint.ts';

/**
 * The name of a stage's checkpoint, by fingerprint and versions, without outputs and how far to go;
 * undefined if none is kept.
 */
export function checkpointOf(
  { checkpointsWithout, cache }: CheckpointRule,
  fingerprint: Fingerprint,
  versions: { readonly restage: string; readonly node: string },
): Digest | undefined {
  if (checkpointsWithout === undefined || !cache) return undefined;
  const { outputs: _, ...rest } = fingerprint;
  const keyed = { ...rest, settings: checkpointsWithout.reduce(withoutSetting, rest.settings) };
  return sha256(`restage checkpoint\n${canonicalJson({ fingerprint: keyed, versions })}`);
}

/** Settings without the one at a path. A map that holds no other goes, too. */
function withoutSetting(settings: JsonObject, [name, ...inside]: SettingPath): JsonObject {
  const { [name!]: value, ...others } = settings;
  if (inside.length === 0) return others;
  if (!isJsonObject(value)) return settings;
  const part = withoutSetting(value, inside);
  return Object.keys(part).length === 0 ? others : { ...others, [name!]: part };
}
