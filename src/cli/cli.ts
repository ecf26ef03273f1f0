import { Command, CommanderError } from 'commander';
import { version } from '../project/package-info.ts';
import { declareCommands, exampleText } from './declare-commands.ts';
import { reportError } from './support/command-error.ts';
import { commandName } from './support/command-name.ts';
import { exitCodes } from './support/exit-codes.ts';

/**
 * Runs the command that the words name; returns the exit code. Mistakes are printed, bugs are
 * thrown.
 */
export async function runCli(argv: readonly string[]): Promise<number> {
  let code: number = exitCodes.ok;
  const program = new Command(commandName)
    .description(
      'Runs the stale stages of a pipeline, decided by content, and restores what was computed before.',
    )
    .version(version, '-V, --version')
    .showHelpAfterError('(see --help)')
    // Its arguments would leave no room for its summary.
    .configureHelp({ subcommandTerm: (command) => command.name() })
    .addHelpText('after', exampleText(['restage init faces', 'restage run --help']))
    .exitOverride();
  declareCommands(program, argv, (end) => {
    code = end;
  });
  try {
    const [first, helpTopic] = argv;
    // For an unknown command, commander would show the general help.
    const isUnknown =
      first === 'help' &&
      helpTopic !== undefined &&
      !program.commands.some((command) => command.name() === helpTopic);
    await program.parseAsync(isUnknown ? argv.slice(1) : argv, { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError)
      return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
    return reportError(error);
  }
}
