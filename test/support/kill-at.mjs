// Loaded before a command of ours (`--import`): kills its process, as a power switch would, at the
// nth call that changes the disk. KILL_AT counts from 1; KILL_AFTER, where set, is a file that must
// exist before counting begins.
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

const at = Number(process.env['KILL_AT']);
const after = process.env['KILL_AFTER'];
const { existsSync } = fs;
let count = 0;

function counted(target, name) {
  const call = target[name];
  target[name] = (...args) => {
    if (after === undefined || existsSync(after)) count += 1;
    if (count === at) process.kill(process.pid, 'SIGKILL');
    return call.apply(target, args);
  };
}

// Stages run in processes of their own, which inherit the environment: those are not meant.
if (process.argv[1]?.endsWith('pipeline.js')) {
  for (const name of ['renameSync', 'copyFileSync', 'mkdirSync', 'openSync', 'rmSync', 'writeSync'])
    counted(fs, name);
  for (const name of ['rename', 'copyFile', 'open', 'rm']) counted(fs.promises, name);
  syncBuiltinESMExports();
}
