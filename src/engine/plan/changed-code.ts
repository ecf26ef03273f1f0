import type { Fingerprint } from '../fingerprint/fingerprint.ts';
import { kindBuild, readKindSources } from '../store/kind-build.ts';

/**
 * What differs between the code of two versions of a project's own kind: files by their path from the root, packages as
 * `name@version`. Undefined for a built-in kind, and where one of the versions is no longer kept.
 */
export function changedCode(cache: string, before: Fingerprint, after: Fingerprint): readonly string[] | undefined {
  const sources = [before, after].map(({ kind, version }) =>
    typeof version === 'string' ? readKindSources(kindBuild(cache, kind, version)) : undefined,
  );
  const [old, now] = sources;
  if (old === undefined || now === undefined || before.kind !== after.kind) return undefined;
  const changed = Object.keys(now).filter((name) => now[name] !== old[name]);
  const gone = Object.keys(old).filter((name) => !Object.hasOwn(now, name) && old[name] !== '');
  return [...changed, ...gone.map((name) => `${name} is gone`)].sort();
}
