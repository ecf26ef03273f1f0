import { buffer } from 'node:stream/consumers';
import PDFDocument from 'pdfkit';
import drawSvg from 'svg-to-pdfkit';
import { fontFiles } from './fonts.ts';

/**
 * A page of PDF with a drawing of Restage at its size, a pixel as 1/96 inch, as vectors with
 * embedded fonts. Equal drawings give equal bytes. Undefined for an SVG without a view box that
 * begins at 0 0.
 */
export async function svgToPdf(svg: string): Promise<Buffer | undefined> {
  const [, width, height] =
    /<svg[^>]* viewBox="0 0 ([\d.]+) ([\d.]+)"/.exec(svg)?.map(Number) ?? [];
  if (width === undefined || height === undefined) return undefined;
  const size: [number, number] = [width * 0.75, height * 0.75];
  const document = new PDFDocument({
    size,
    margin: 0,
    info: { Producer: 'Restage', CreationDate: new Date(0) },
  });
  for (const [name, path] of Object.entries(fontFiles)) document.registerFont(name, path);
  drawSvg(document, svg, 0, 0, {
    width: size[0],
    height: size[1],
    fontCallback: (_, bold) => (bold ? 'bold' : 'normal'),
  });
  document.end();
  return await buffer(document);
}
