import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Resvg } from '@resvg/resvg-js';
import { StageError } from '../../stage.ts';
import { fontFiles } from './fonts.ts';

/**
 * An SVG as a PNG on white at two pixels per unit, with our fonts alone. Throws a
 * {@link StageError} for an image that is no data URI.
 */
export function renderPng(svg: string): Buffer {
  requireInlineImages(svg);
  const image = new Resvg(svg, {
    fitTo: { mode: 'zoom', value: 2 },
    background: 'white',
    font: {
      loadSystemFonts: false,
      fontFiles: Object.values(fontFiles),
      defaultFontFamily: 'DejaVu Sans',
      sansSerifFamily: 'DejaVu Sans',
    },
  });
  return image.render().asPng();
}

/** Writes a drawing into a folder, which is made: `<name>.svg` and `<name>.png`. */
export function writeDrawing(folder: string, name: string, svg: string): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${name}.svg`), svg);
  writeFileSync(join(folder, `${name}.png`), renderPng(svg));
}

function requireInlineImages(svg: string): void {
  for (const [, href] of svg.matchAll(/<(?:image|feImage)\b(?:[^>"]|"[^"]*")*?\bhref="([^"]*)"/g)) {
    if (!href!.trim().startsWith('data:')) {
      throw new StageError(
        `Expected the images of a chart as data URIs, since it reads no files, got "${href}"`,
      );
    }
  }
}
