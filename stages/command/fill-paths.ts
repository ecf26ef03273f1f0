import { shellQuote } from '../../src/shell-quote.ts';

/** `${inputs.x}` and `${outputs.y}`; everything else with a `$` is the shell's own. */
const placeholder = /\$\{(inputs|outputs)\.([^{}\s]+)\}/g;

/** Puts the paths of the ports into a command, quoted for the shell; the several paths of a list port stand side by side. */
export function fillPaths(
  run: string,
  paths: { readonly inputs: (port: string) => readonly string[]; readonly outputs: (port: string) => string },
): string {
  return run.replace(placeholder, (_, side: string, port: string) =>
    side === 'inputs' ? paths.inputs(port).map(shellQuote).join(' ') : shellQuote(paths.outputs(port)),
  );
}
