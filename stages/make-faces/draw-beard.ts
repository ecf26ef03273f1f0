import { darker, path, rgb, tag } from './svg.ts';
import type { Traits } from './traits.ts';

/** Beard and moustache. */
export function drawBeard({ x, y, width, height, jaw, hair, beard }: Traits): string {
  if (beard === 'none') return '';
  const [mouth, fill] = [y + height * 0.58, rgb(darker(hair, 0.2))];
  const moustache = path`
    M ${x - width * 0.42} ${mouth + 3}
    Q ${x - width * 0.25} ${mouth - 11} ${x} ${mouth - 8}
    Q ${x + width * 0.25} ${mouth - 11} ${x + width * 0.42} ${mouth + 3}
    Q ${x + width * 0.2} ${mouth - 2} ${x} ${mouth - 2.5}
    Q ${x - width * 0.2} ${mouth - 2} ${x - width * 0.42} ${mouth + 3} Z`;
  if (beard === 'moustache') return tag('path', { d: moustache, fill, 'fill-opacity': 0.9 });
  const bottom = y + height * 1.03;
  const full = path`
    M ${x - width} ${y + height * 0.1}
    C ${x - width} ${y + height * 0.6} ${x - width * jaw} ${bottom} ${x} ${bottom}
    C ${x + width * jaw} ${bottom} ${x + width} ${y + height * 0.6} ${x + width} ${y + height * 0.1}
    Q ${x + width * 0.72} ${y + height * 0.5} ${x + width * 0.42} ${mouth - 6}
    Q ${x} ${mouth - 14} ${x - width * 0.42} ${mouth - 6}
    Q ${x - width * 0.72} ${y + height * 0.5} ${x - width} ${y + height * 0.1} Z`;
  return tag('path', { d: full, fill, 'fill-opacity': beard === 'stubble' ? 0.2 : 0.88 });
}
