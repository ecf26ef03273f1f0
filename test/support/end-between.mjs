// Loaded by --import: when a run that holds the lease of a stage looks for the jobs of earlier
// runs, it has looked for the stage's result already. Here it then writes the file LOOKED, and
// waits until the stage's job has ended.
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';

const { readdirSync, readFileSync, existsSync, writeFileSync } = fs;

function holdsLease(cache) {
  const leases = join(cache, 'leases');
  if (!existsSync(leases)) return false;
  const texts = readdirSync(leases).map((name) => readFileSync(join(leases, name), 'utf8'));
  return texts.some((text) => text.includes(`"pid":${process.pid},`));
}

const hasEnded = (jobs) =>
  readdirSync(jobs).some((batch) => existsSync(join(jobs, batch, 'ends/0.json')));

if (process.argv[1]?.endsWith('pipeline.js')) {
  fs.readdirSync = (path, ...rest) => {
    if (
      String(path).endsWith('/cache/jobs') &&
      !existsSync(process.env.LOOKED) &&
      holdsLease(join(path, '..'))
    ) {
      writeFileSync(process.env.LOOKED, '');
      while (!hasEnded(path)) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10);
    }
    return readdirSync(path, ...rest);
  };
  syncBuiltinESMExports();
}
