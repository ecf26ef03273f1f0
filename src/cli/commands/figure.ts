import { chartToPdf } from '../../project/chart-to-pdf.ts';
import { UsageError } from '../../user-error.ts';
import { print } from '../support/command-error.ts';

/** `restage figure <chart> <pdf>`: a chart as one page of PDF for a paper. */
export async function figureCommand([chart = '', file = '']: readonly string[]): Promise<void> {
  if (!file.endsWith('.pdf'))
    throw new UsageError(`Expected a file that ends in .pdf, got "${file}"`);
  await chartToPdf(process.cwd(), chart, file);
  print(`Wrote ${file}`);
}
