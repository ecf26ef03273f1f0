import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { mistake } from '../../project/pipeline-error.ts';
import { UsageError } from '../../user-error.ts';
import { print, writeUserFile } from '../support/command-error.ts';

/**
 * `restage figure <chart> <pdf>`: a published chart, or any SVG of Restage, as one page of PDF for
 * a paper.
 */
export async function figureCommand([chart = '', file = '']: readonly string[]): Promise<void> {
  if (!file.endsWith('.pdf'))
    throw new UsageError(`Expected a file that ends in .pdf, got "${file}"`);
  const path = chart.endsWith('.svg') ? chart : join(chart, 'chart.svg');
  if (!existsSync(path)) {
    const hint =
      'Name a published chart, such as artifacts/mine/roc/roc, or a file that ends in .svg.';
    throw mistake('no-file', `There is no chart ${path}`, hint);
  }
  const { svgToPdf } = await import('../../learning/charts/svg-to-pdf.ts');
  const pdf = await svgToPdf(readFileSync(path, 'utf8'));
  if (pdf === undefined)
    throw mistake(
      'wrong-value',
      `${path} is not a drawing of Restage: it has no view box from 0 0`,
    );
  writeUserFile(file, pdf);
  print(`Wrote ${file}`);
}
