// Writes docs/gallery.md and its pictures of the last run of pipelines/gallery.yaml: npm run
// gallery
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { csvRecords } from '../../src/csv.ts';
import { markdownTable } from '../../src/markdown-table.ts';
import { inRepository } from '../generated-files.ts';
import { chapters, type Figure } from './figures.ts';
import { galleryPage, pictureOf } from './gallery-page.ts';

/** Charts are drawn at two pixels a unit; the page has room for so many. */
const widest = 1200;
const mostRows = 8;

const artifacts = inRepository('artifacts/gallery');
const figures = chapters.flatMap((chapter) => chapter.figures);
rmSync(inRepository('docs/gallery'), { recursive: true, force: true });
mkdirSync(inRepository('docs/gallery'), { recursive: true });
for (const figure of figures)
  if (figure.form !== 'table') {
    const picture = sharp(pictureFile(figure)).flatten({ background: 'white' });
    await picture
      .resize({ width: widest, withoutEnlargement: true })
      .webp({ quality: 75, effort: 6 })
      .toFile(inRepository(`docs/${pictureOf(figure)}`));
  }
const pipeline = readFileSync(inRepository('pipelines/gallery.yaml'), 'utf8');
writeFileSync(inRepository('docs/gallery.md'), galleryPage(pipeline, drawn));
console.log(`docs/gallery.md: ${figures.length} figures`);

function drawn(figure: Figure): string {
  if (figure.form !== 'table') return `![${figure.title}](${pictureOf(figure)})`;
  const file = outputFile(figure, ['md', 'csv']);
  const text = readFileSync(file, 'utf8');
  if (file.endsWith('.md')) return text.trim();
  const [header, ...rows] = Array.from(csvRecords(text), ({ fields }) => fields);
  if (header === undefined) throw new Error(`${file} is empty`);
  const columns = figure.columns ?? header.slice(0, 8);
  const cells = rows
    .slice(0, mostRows)
    .map((row) => columns.map((column) => rounded(row[header.indexOf(column)] ?? '')));
  const left = rows.length - cells.length;
  return `${markdownTable([...columns], cells)}${left > 0 ? `\n\nand ${left} more rows.` : ''}`;
}

function rounded(cell: string): string {
  return /^-?\d+\.\d{4,}/.test(cell) ? String(Number(Number(cell).toPrecision(3))) : cell;
}

function pictureFile(figure: Figure): string {
  return outputFile(figure, ['png']);
}

/** The published file of an output with one of these extensions. */
function outputFile({ stage, port }: Figure, extensions: readonly string[]): string {
  // Of a matrix, the first instance.
  const instances = readdirSync(artifacts).filter((name) => name.startsWith(`${stage}@`));
  const folder = join(artifacts, existsSync(join(artifacts, stage)) ? stage : instances.sort()[0]!);
  const candidates = extensions.flatMap((extension) => [
    join(folder, `${port}.${extension}`),
    join(folder, port, `chart.${extension}`),
    join(folder, port, `network.${extension}`),
  ]);
  const file = candidates.find((path) => existsSync(path));
  if (file === undefined)
    throw new Error(`${stage}.${port} is not in ${artifacts}: run gallery.yaml`);
  return file;
}
