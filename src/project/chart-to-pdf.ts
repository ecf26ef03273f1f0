import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { mistake } from './pipeline-error.ts';
import { writeUserFile } from './write-user-file.ts';

/**
 * Writes a published chart, or any SVG of Restage, as one page of PDF. Both paths count from
 * `folder`. Throws a `PipelineError` where there is no such drawing.
 */
export async function chartToPdf(folder: string, chart: string, file: string): Promise<void> {
  const path = chart.endsWith('.svg') ? chart : join(chart, 'chart.svg');
  if (!existsSync(resolve(folder, path))) {
    const hint =
      'Name a published chart, such as artifacts/mine/roc/roc, or a file that ends in .svg.';
    throw mistake('no-file', `There is no chart ${path}`, hint);
  }
  const { svgToPdf } = await import('../learning/charts/svg-to-pdf.ts');
  const pdf = await svgToPdf(readFileSync(resolve(folder, path), 'utf8'));
  if (pdf === undefined)
    throw mistake(
      'wrong-value',
      `${path} is not a drawing of Restage: it has no view box from 0 0`,
    );
  writeUserFile(folder, file, pdf);
}
