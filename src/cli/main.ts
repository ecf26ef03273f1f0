import { recallCommand } from './recall-command.ts';

// A reader that has seen enough, as in `pipeline logs | head`, is no fault.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit();
  throw error;
});

// The common case first, before anything heavy is loaded: the same command as last time, and nothing has changed.
const argv = process.argv.slice(2);
if (!(await recallCommand(argv))) {
  const { runCli } = await import('./cli.ts');
  process.exitCode = await runCli(argv);
}
