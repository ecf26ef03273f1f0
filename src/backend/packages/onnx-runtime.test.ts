import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

const program = `
  const { OrtSession } = await import('./src/backend/running/ort-session.ts');
  const { GraphBuilder } = await import('./src/backend/lowering/graph-builder.ts');
  const graph = new GraphBuilder();
  graph.output(graph.node('Neg', [graph.input('float32', [2])]), 'float32', [2]);
  new OrtSession(graph.finish(), { threads: 1 });
`;

test('ONNX Runtime reports nothing to its makers, and leaves no number of the machine in the cache folder of the user', () => {
  const home = mkdtempSync(join(tmpdir(), 'restage-home-'));
  try {
    // In CI it would report nothing anyway.
    const { CI, ORT_DISABLE_TELEMETRY, XDG_CACHE_HOME, ...env } = process.env;
    const argv = ['--import', 'tsx', '--input-type=module', '-e', program];
    execFileSync(process.execPath, argv, { env: { ...env, HOME: home } });
    assert.deepEqual(readdirSync(home), []);
  } finally {
    rmSync(home, { recursive: true });
  }
});
