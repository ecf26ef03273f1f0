import { Resvg } from '@resvg/resvg-js';
import { fontFiles } from './fonts.ts';

/** An SVG as a PNG on white with `scale` pixels per unit; text is drawn with our fonts alone, so on any machine alike. */
export function renderPng(svg: string, scale = 2): Buffer {
  const image = new Resvg(svg, {
    fitTo: { mode: 'zoom', value: scale },
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
