import { createRequire } from 'node:module';
import { join } from 'node:path';

/** The font of charts and drawings; a browser without it takes Verdana, which has nearly the same widths. */
export const fontFamily = 'DejaVu Sans, Verdana, sans-serif';

const folder = join(createRequire(import.meta.url).resolve('dejavu-fonts-ttf/package.json'), '..', 'ttf');

/** Absolute paths of the font files, so that pictures look the same on every machine. */
export const fontFiles = {
  normal: join(folder, 'DejaVuSans.ttf'),
  bold: join(folder, 'DejaVuSans-Bold.ttf'),
} as const;
