import { importRun } from '../../project/stored-runs/archive.ts';
import { openHere } from '../support/open-here.ts';
import { printPulled } from '../support/print-pulled.ts';

export async function importCommand(
  path: string,
  options: { readonly trust?: string },
): Promise<void> {
  printPulled(await importRun(openHere(), path, options));
}
