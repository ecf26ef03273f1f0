// Loaded before a command of ours (`--import`): interrupts it at the moment when it reports the end
// of its first run, as Ctrl-C may. A second run shows that the interrupt was lost: the command
// exits with 99.
const { write } = process.stdout;
let hasEnded = false;

// Stages run in processes of their own, which inherit the environment: those are not meant.
if (process.argv[1]?.endsWith('pipeline.js')) {
  process.stdout.write = function (text, ...others) {
    const written = write.call(this, text, ...others);
    if (hasEnded && String(text).includes('"type":"run-started"')) process.exit(99);
    if (!hasEnded && String(text).includes('"type":"run-finished"')) {
      hasEnded = true;
      process.kill(process.pid, 'SIGINT');
    }
    return written;
  };
}
