// Loaded before a command of ours (`--import`): in the process of a stage, the nth call that writes
// a checkpoint kills it, or the run that started it, as KILL_CHECKPOINT says: `self renameSync 2`,
// `run openSync 1`.
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

const [whom, name, at] = (process.env['KILL_CHECKPOINT'] ?? '').split(' ');
if (name !== undefined && process.argv[1]?.endsWith('stage-main.js')) {
  let count = 0;
  const call = fs[name];
  fs[name] = (path, ...args) => {
    if (/\/checkpoints\/..\/\.tmp-/.test(String(path))) count += 1;
    if (count === Number(at)) {
      process.kill(whom === 'run' ? process.ppid : process.pid, 'SIGKILL');
      count += 1;
    }
    return call(path, ...args);
  };
  syncBuiltinESMExports();
}
