import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { Resvg } from '@resvg/resvg-js';
import type { TopLevelSpec } from 'vega-lite';
import { fontFiles } from './fonts.ts';
import { renderChart } from './render-chart.ts';

const folder = mkdtempSync(join(tmpdir(), 'chart-'));
after(() => rmSync(folder, { recursive: true }));

const render = async (spec: TopLevelSpec) => {
  const warnings: string[] = [];
  await renderChart(spec, folder, (line) => warnings.push(line));
  return warnings;
};
const written = (name: string) => readFileSync(join(folder, name), 'utf8');

const names = ['xception-based on low-quality forgeries', 'simple-net WWWWWWWWWWWW', 'm'];
const bars = {
  title: 'A title that is a good deal wider than the chart below it, which must make room for it',
  data: { values: names.map((name, index) => ({ name, value: index + 1 })) },
  width: 200,
  mark: 'bar',
  encoding: {
    y: { field: 'name', type: 'nominal', axis: { labelLimit: 0 } },
    x: { field: 'value', type: 'quantitative', axis: { format: '.6f' } },
    color: { field: 'name', type: 'nominal' },
  },
} satisfies TopLevelSpec;

test('long titles, labels and legends stay inside the picture: its margin is white', async () => {
  assert.deepEqual(await render(bars), []);
  const { width, height, pixels } = new Resvg(written('chart.svg'), {
    background: 'white',
    font: {
      loadSystemFonts: false,
      fontFiles: Object.values(fontFiles),
      defaultFontFamily: 'DejaVu Sans',
    },
  }).render();
  const margin = 12;
  const inked = [];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const inMargin = Math.min(x, y, width - 1 - x, height - 1 - y) < margin;
      if (inMargin && pixels[4 * (y * width + x)] !== 255) inked.push([x, y]);
    }
  }
  assert.deepEqual(inked, []);
});

test('a label with a limit is shortened to it', async () => {
  await render({
    ...bars,
    encoding: { y: { field: 'name', type: 'nominal', axis: { labelLimit: 100 } } },
  });
  assert.match(written('chart.svg'), />simple-net W+…</);
});

test('a spec may change parts of the theme', async () => {
  await render({ ...bars, config: { axis: { labelColor: '#123456' } } });
  assert.match(written('chart.svg'), /font-size="12px" fill="#123456"/);
});

test('the written spec is complete: it draws the same with any Vega-Lite tool', async () => {
  await render(bars);
  const svg = written('chart.svg');
  const { $schema, config, data } = JSON.parse(written('chart.vl.json'));
  assert.equal($schema, 'https://vega.github.io/schema/vega-lite/v6.json');
  assert.equal(config.background, '#ffffff');
  assert.equal(data.values.length, 3);
  await render(JSON.parse(written('chart.vl.json')));
  assert.equal(written('chart.svg'), svg);
});

test('warnings of Vega about a spec are passed on', async () => {
  assert.deepEqual(
    await render({ ...bars, encoding: { ...bars.encoding, shape: { field: 'name' } } }),
    ['shape dropped as it is incompatible with "bar".'],
  );
});
