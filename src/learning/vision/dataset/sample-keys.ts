import { posix } from 'node:path';

/**
 * The key of every path: the path without its extension, as WebDataset readers take it, which end
 * it at the first dot of the file name. Where two paths would share one, both keep the extension.
 */
export function sampleKeys(paths: readonly string[]): ReadonlyMap<string, string> {
  const short = paths.map((path) =>
    undotted(path.slice(0, path.length - posix.extname(path).length)),
  );
  const seen = new Map<string, number>();
  for (const key of short) seen.set(key, (seen.get(key) ?? 0) + 1);
  const keys = new Map(
    paths.map((path, index) => [
      path,
      seen.get(short[index]!) === 1 ? short[index]! : undotted(path),
    ]),
  );

  const owners = new Map<string, string>();
  for (const [path, key] of keys) {
    const owner = owners.get(key);
    // Such as a.b.jpg, a_b.png and a_b_png.gif: rather a longer key than one that depends on what
    // else there is.
    if (owner !== undefined) keys.set(path, `${key}_${Buffer.from(path).toString('hex')}`);
    else owners.set(key, path);
  }
  return keys;
}

function undotted(path: string): string {
  const slash = path.lastIndexOf('/') + 1;
  return path.slice(0, slash) + path.slice(slash).replaceAll('.', '_');
}
