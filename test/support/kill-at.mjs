// Loaded before a command of ours (`--import`): kills its process, as a power switch would, at the
// nth call that changes the disk. KILL_AT counts from 1; KILL_AFTER, where set, is a file that must
// exist before counting begins. KILL_PROGRAM names the processes that are meant, such as those of
// stages; by default the run alone, although stages inherit its environment.
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

const at = Number(process.env['KILL_AT']);
const after = process.env['KILL_AFTER'];
const program = process.env['KILL_PROGRAM'] ?? 'pipeline.js';
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

if (process.argv[1]?.endsWith(program)) {
  for (const name of ['renameSync', 'copyFileSync', 'mkdirSync', 'openSync', 'rmSync', 'writeSync'])
    counted(fs, name);
  for (const name of ['rename', 'copyFile', 'open', 'rm']) counted(fs.promises, name);
  syncBuiltinESMExports();
}
