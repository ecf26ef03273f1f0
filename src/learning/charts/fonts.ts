import { createRequire } from 'node:module';
import { join } from 'node:path';

/** What charts and drawings ask for: DejaVu Sans, and where a browser lacks it Verdana, which has nearly its widths. */
export const fontFamily = 'DejaVu Sans, Verdana, sans-serif';

const folder = join(createRequire(import.meta.url).resolve('dejavu-fonts-ttf/package.json'), '..', 'ttf');

/** Absolute paths of the fonts that pictures are drawn with, so that they look the same on a machine without any. */
export const fontFiles = {
  normal: join(folder, 'DejaVuSans.ttf'),
  bold: join(folder, 'DejaVuSans-Bold.ttf'),
} as const;
