import { ignoresHangup } from './hangup.ts';
import { surviveLostOutput } from './lost-output.ts';
import { recallCommand } from './recall-command.ts';

const argv = process.argv.slice(2);
surviveLostOutput(argv[0] !== 'run');
if (ignoresHangup) process.on('SIGHUP', () => {});
// The common case first, before anything heavy is loaded: the same command as last time, and nothing has changed.
if (!(await recallCommand(argv))) {
  const { runCli } = await import('./cli.ts');
  process.exitCode = await runCli(argv);
}
