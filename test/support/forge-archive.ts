import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { openEnvelope, runKey, sealEnvelope } from '../../src/engine/store/remote/envelope.ts';
import { readKey } from '../../src/engine/store/remote/keys.ts';
import { parseManifest, type RunManifest } from '../../src/engine/store/runs/run-manifest.ts';

/**
 * Copies an export to `forged` with another manifest of its run, signed by the key in `keyFile`, as
 * an insider can.
 */
export async function forgeManifest(
  {
    archive,
    forged,
    keyFile,
  }: { readonly archive: string; readonly forged: string; readonly keyFile: string },
  change: (manifest: RunManifest) => unknown,
): Promise<void> {
  const key = readKey(keyFile)!;
  const folder = mkdtempSync(join(tmpdir(), 'restage-forged-'));
  try {
    execFileSync('tar', ['-xf', archive, '-C', folder]);
    const runs = join(folder, 'runs');
    const name = readdirSync(runs, { recursive: true, encoding: 'utf8' }).find((path) =>
      path.endsWith('.json'),
    )!;
    const { text, locations } = openEnvelope('run', readFileSync(join(runs, name)), key.text)!;
    const changed = JSON.stringify(change(parseManifest(text)!));
    const { pipeline, run } = parseManifest(changed) ?? parseManifest(text)!;
    const path = join(folder, runKey(pipeline, run, key.id));
    rmSync(runs, { recursive: true });
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, await sealEnvelope('run', changed, locations, key));
    writeFileSync(join(folder, 'pipeline'), pipeline);
    execFileSync('tar', ['-cf', forged, '-C', folder, '.']);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
