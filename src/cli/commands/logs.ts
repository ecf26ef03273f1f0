import { stageLogs } from '../../project/inspect/stage-logs.ts';
import { writeRaw } from '../../reporting/terminal/terminal-text.ts';
import { openHere } from '../support/open-here.ts';

export async function logsCommand(
  words: readonly string[],
  options: { readonly set: readonly string[]; readonly raw?: boolean },
): Promise<void> {
  const request = { words, set: options.set, last: true };
  for await (const { stage, log } of stageLogs(openHere(), request)) {
    if (log === undefined) process.stderr.write(`${stage} never ran here.\n`);
    else {
      process.stdout.write(`${log.head}${log.text === '' ? ' (it printed nothing)' : ''}\n`);
      if (options.raw === true) writeRaw(process.stdout, log.text);
      else process.stdout.write(log.text);
    }
  }
}
