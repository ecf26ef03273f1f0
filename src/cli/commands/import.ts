import { type ImportOptions, importRun } from '../../project/stored-runs/archive.ts';
import { openHere } from '../support/open-here.ts';
import { printPulled } from '../support/print-pulled.ts';

export async function importCommand(path: string, options: ImportOptions): Promise<void> {
  printPulled(await importRun(openHere(), path, options));
}
