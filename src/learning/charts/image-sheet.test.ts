import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { Resvg } from '@resvg/resvg-js';
import sharp from 'sharp';
import { chartContent } from '../../../test/support/chart-content.ts';
import { thumbnail } from '../vision/thumbnail.ts';
import { type ImageSheet, imageSheet } from './image-sheet.ts';
import { renderChart } from './render-chart.ts';

const folder = mkdtempSync(join(tmpdir(), 'sheet-'));
after(() => rmSync(folder, { recursive: true }));

const image = 'data:image/png;base64,AA==';

/** Where the sheet puts its cells, and its headers. */
function placed(sheet: Omit<ImageSheet, 'title' | 'subtitle'>) {
  const spec = chartContent<{
    readonly width: number;
    readonly height: number;
    readonly data: { readonly values: readonly { readonly x: number; readonly y: number }[] };
    readonly layer: readonly {
      readonly data?: { readonly name: string; readonly values: readonly object[] };
    }[];
  }>(imageSheet({ title: 'Faces', subtitle: 'some', ...sheet }));
  const headers = spec.layer.find(({ data }) => data?.name === 'headers')?.data?.values ?? [];
  return {
    size: [spec.width, spec.height],
    cells: spec.data.values.map(({ x, y }) => [x, y]),
    headers,
  };
}

test('images stand in lines of a block, blocks in rows, and absent headers and captions take no room', () => {
  const cells = (count: number) => ({ cells: Array.from({ length: count }, () => ({ image })) });
  assert.deepEqual(placed({ across: 2, side: 50, blocks: [[cells(3), cells(1)], [cells(1)]] }), {
    size: [110 + 24 + 110, 110 + 24 + 50],
    cells: [
      [0, 0],
      [60, 0],
      [0, 60],
      [134, 0],
      [0, 134],
    ],
    headers: [],
  });
});

test('images that are wider than high lie as close as square ones', () => {
  const cells = Array.from({ length: 3 }, () => ({ image, caption: 'a' }));
  const sheet = placed({ across: 2, side: 50, imageHeight: 30, blocks: [[{ cells }]] });
  assert.deepEqual(sheet.cells, [
    [0, 0],
    [60, 0],
    [0, 30 + 10 + 14 + 6],
  ]);
});

test('a header stands on the images of its block, also beside one of two lines', () => {
  const sheet = placed({
    across: 1,
    side: 80,
    blocks: [
      [
        { header: 'Real', cells: [{ image }] },
        { header: 'Fake by face swap', cells: [{ image, caption: 'one\ntwo' }] },
      ],
    ],
  });
  assert.deepEqual(sheet.headers, [
    { x: 0, y: 17, header: 'Real' },
    { x: 104, y: 0, header: 'Fake by\nface swap' },
  ]);
  assert.deepEqual(sheet.cells, [
    [0, 39],
    [104, 39],
  ]);
});

test('a square without an image says what is missing', () => {
  const blocks = [[{ cells: [{ image }, { lack: 'no fake\ncalled real' }] }]];
  const spec = JSON.parse(
    JSON.stringify(imageSheet({ title: 'Faces', subtitle: 'some', across: 2, side: 50, blocks })),
  );
  assert.deepEqual(
    spec.data.values.map(({ description }: { readonly description: string }) => description),
    ['', 'no fake, called real'],
  );
  assert.deepEqual(
    spec.layer.map(
      ({
        mark,
        transform,
      }: {
        readonly mark: { readonly type: string };
        readonly transform: unknown;
      }) => [mark.type, transform],
    ),
    [
      ['image', [{ filter: 'isValid(datum.image)' }]],
      ['text', [{ filter: 'isValid(datum.lack)' }]],
    ],
  );
});

test('a sheet without images is an empty picture', () => {
  assert.deepEqual(placed({ across: 4, blocks: [] }).size, [88, 1]);
});

test('spec and SVG embed the images and their descriptions, and the PNG shows them', async () => {
  const red = await sharp({
    create: { width: 200, height: 100, channels: 3, background: '#e01010' },
  })
    .jpeg()
    .toBuffer();
  const uri = await thumbnail(red);
  const warnings: string[] = [];
  const sheet = imageSheet({
    title: 'One face',
    subtitle: 'of one',
    across: 2,
    side: 60,
    blocks: [
      [
        {
          cells: [
            { image: uri, caption: 'test/0\nd = 1', outcome: 'wrong' },
            { image: uri, outcome: 'right' },
          ],
        },
      ],
    ],
  });
  await renderChart(sheet, folder, (line) => warnings.push(line));
  assert.deepEqual(warnings, []);

  const svg = readFileSync(join(folder, 'chart.svg'), 'utf8');
  assert.ok(readFileSync(join(folder, 'chart.vl.json'), 'utf8').includes(uri));
  assert.equal(svg.split(uri).length, 3);
  assert.match(svg, /<image aria-label="test\/0, d = 1"/);
  const { width, pixels } = new Resvg(svg, { background: 'white' }).render();
  const [, left, top] = /<image [^>]*transform="translate\((\d+),(\d+)\)" width="60"/
    .exec(svg)!
    .map(Number);
  const [, marginX, marginY] = /<g fill[^>]*transform="translate\((\d+),(\d+)\)"/
    .exec(svg)!
    .map(Number);
  const middleX = marginX! + left! + 30;
  const middleY = marginY! + top! + 30;
  const at = (x: number, y: number) => [
    ...pixels.subarray(4 * (y * width + x), 4 * (y * width + x) + 3),
  ];
  assert.ok(at(middleX, middleY)[0]! > 200 && at(middleX, middleY)[1]! < 40);
  assert.deepEqual(at(middleX, middleY - 25), [255, 255, 255]); // in its proportions
});
