// A process in which commands of ours run one after the other, as in processes of their own: each
// has its own words, folder, environment and output. hosted-project.ts starts it.
import { fileURLToPath } from 'node:url';

const pipeline = fileURLToPath(new URL('../../bin/pipeline.js', import.meta.url));
process.argv[1] = pipeline; // a command takes its own name from there
const { main } = await import('../../dist/main.js');

/** Keeps what is written to a stream, and returns how to get it. */
function capture(stream) {
  let text = '';
  stream.removeAllListeners('error'); // those of the command before
  stream.write = (chunk, ...rest) => {
    text += typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString();
    const written = rest.at(-1);
    if (typeof written === 'function') process.nextTick(written);
    return true;
  };
  return () => text;
}

async function run({ argv, cwd, env }) {
  for (const name of Object.keys(process.env)) delete process.env[name];
  Object.assign(process.env, env);
  process.chdir(cwd);
  process.exitCode = undefined;
  const stdout = capture(process.stdout);
  const stderr = capture(process.stderr);
  try {
    await main(argv, undefined);
  } catch (error) {
    process.stderr.write(`${error.stack}\n`);
    process.exitCode = 1;
  }
  const code = process.exitCode ?? 0;
  process.exitCode = undefined;
  process.removeAllListeners('exit');
  process.chdir('/'); // the folder can be removed
  return { code, stdout: stdout(), stderr: stderr() };
}

process.on('message', async (command) => process.send(await run(command)));
process.on('disconnect', () => process.exit());
