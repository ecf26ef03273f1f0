import assert from 'node:assert/strict';
import { test } from 'node:test';
import { drawNet, type NetBlock, type NetUnit } from './draw-net.ts';
import { textWidth } from './fonts.ts';

const unit = (kind: NetUnit['kind'], name: string, does: string = kind): NetUnit => ({
  kind,
  name,
  does,
  shape: '128 x 128 x 64',
  parameters: kind === 'pool' || kind === 'other' ? 0 : 18_688,
});

const block = (name: string, shortcut: readonly NetUnit[]): NetBlock => ({
  name,
  body: [unit('other', 'relu1', 'relu'), unit('separableConv', 'sepconv1'), unit('pool', 'pool1')],
  shortcut,
});

const small: readonly NetBlock[] = [
  { body: [unit('other', 'image', 'image')] },
  { name: 'block1', body: [unit('conv', 'conv1'), unit('conv', 'conv2')] },
  block('block2', [unit('conv', 'shortcut')]),
  block('block3', []),
  { body: [unit('dense', 'logits')] },
];

const draw = (blocks: readonly NetBlock[], title = 'net') =>
  drawNet({ title, subtitle: '3 parameters', blocks });

interface Box {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** Boxes and frames, which alone are rounded. */
const boxes = (svg: string): readonly Box[] =>
  [...svg.matchAll(/<rect x="([\d.]+)" y="([\d.]+)" width="([\d.]+)" height="([\d.]+)" rx/g)].map(
    ([, ...numbers]) => {
      const [left = 0, top = 0, width = 0, height = 0] = numbers.map(Number);
      return { left, top, right: left + width, bottom: top + height };
    },
  );

const texts = (svg: string) =>
  [...svg.matchAll(/<text x="([\d.]+)" y="([\d.]+)" font-size="([\d.]+)"([^>]*)>([^<]*)</g)].map(
    ([, x, y, size, style = '', escaped = '']) => {
      const value = escaped.replace(/&#(\d+);/g, (_, code) => String.fromCharCode(Number(code)));
      const width = textWidth(value, Number(size), style.includes('bold') ? 'bold' : 'normal');
      const left = Number(x) - (style.includes('end') ? width : 0);
      return { value, y: Number(y), left, right: left + width };
    },
  );

/** Everything lies on the page, and every text of a box inside it. */
function assertInside(svg: string): void {
  const [, width = 0, height = 0] = /^<svg [^>]* width="(\d+)" height="(\d+)"/
    .exec(svg)!
    .map(Number);
  for (const { left, top, right, bottom } of boxes(svg)) {
    assert.ok(left >= 0 && top >= 0 && right <= width && bottom <= height);
  }
  for (const [, path = ''] of svg.matchAll(/ d="(M[^"Z]*)"/g)) {
    const along = (pattern: RegExp) =>
      [...path.matchAll(pattern)].map(([, value]) => Number(value));
    assert.ok(
      Math.max(...along(/[MH]([\d.]+)/g)) <= width && Math.max(...along(/[V,]([\d.]+)/g)) <= height,
      path,
    );
  }
  for (const { value, left, right, y } of texts(svg)) {
    assert.ok(left >= 0 && right <= width && y < height, value);
    const around = boxes(svg).filter(
      (box) => box.left < left && left < box.right && box.top < y && y < box.bottom,
    );
    for (const box of around) assert.ok(right <= box.right, `${value} leaves its box`);
  }
}

test('every layer has a box with its name, work, shape and parameters, and nothing leaves the page', () => {
  const svg = draw(small);

  assertInside(svg);
  assert.equal(boxes(svg).length, 3 + 11);
  const values = texts(svg).map(({ value }) => value);
  for (const value of [
    'net',
    '3 parameters',
    'block1',
    'block2',
    'block3',
    'conv2',
    'shortcut',
    'logits',
  ]) {
    assert.equal(values.filter((candidate) => candidate === value).length, 1, value);
  }
  assert.equal(values.filter((value) => value === '128 x 128 x 64').length, 11);
  assert.equal(values.filter((value) => value === '18,688').length, 6);
  assert.ok(
    values.includes('relu') && !values.includes('relu1'),
    'a low box shows what it does instead of its name',
  );
});

test('a residual block has a path around it, through its shortcut, that ends at a sum', () => {
  const svg = draw(small);

  assert.equal(svg.match(/<circle /g)?.length, 2);
  const around = [...svg.matchAll(/d="M[\d.]+,[\d.]+(H[\d.]+)?(V[\d.]+)(H[\d.]+)"/g)].map(
    ([path]) => path,
  );
  assert.equal(around.filter((path) => /V[\d.]+H[\d.]+"$/.test(path)).length, 2);
});

test('a high network is broken into columns between its blocks, near the shape of a page', () => {
  const blocks = Array.from({ length: 24 }, (_, index) => block(`block${index}`, []));
  const svg = draw(blocks);
  const [, width = 0, height = 0] = /^<svg [^>]* width="(\d+)" height="(\d+)"/
    .exec(svg)!
    .map(Number);

  assertInside(svg);
  assert.ok(width / height > 1 && width / height < 2.2, `${width} x ${height}`);
  const columns = new Set(boxes(svg).map(({ left }) => left));
  assert.ok(columns.size >= 2 * 4, 'frames and their boxes in four columns or more');
});

test('a name that is too long is cut, and special characters of XML are escaped', () => {
  const svg = draw(
    [{ name: 'n'.repeat(100), body: [unit('conv', 'c'.repeat(100)), unit('conv', 'a<b')] }],
    '<&>',
  );

  assertInside(svg);
  const values = texts(svg).map(({ value }) => value);
  assert.ok(
    values.some((value) => /^c+…$/.test(value)) && values.some((value) => /^n+…$/.test(value)),
  );
  assert.ok(values.includes('a<b') && values.includes('<&>'));
  assert.ok(svg.includes('>a&#60;b<') && svg.includes('>&#60;&#38;&#62;<'));
});

test('the same network gives the same bytes', () => {
  assert.equal(draw(small), draw(structuredClone(small)));
});
