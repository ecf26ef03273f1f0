import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { renderChart } from '../../src/learning/charts/render-chart.ts';
import { chartContent } from '../../test/support/chart-content.ts';
import { profileChart } from './profile-chart.ts';

const chart = (bars: Parameters<typeof profileChart>[0]) => {
  const spec = chartContent<{
    data: { values: unknown };
    encoding: {
      y: { sort: readonly string[] };
      color: { scale: { domain: readonly string[] }; legend: unknown };
    };
  }>(profileChart(bars, 'Where a step goes', '30 ms'));
  return { rows: spec.data.values, kernels: spec.encoding.y.sort, ...spec.encoding.color };
};

test('a kernel has one bar, the longest first, with its phases in their order', () => {
  const { rows, kernels, scale } = chart([
    { kernel: 'Multiply', phase: 'update', time: 4 },
    { kernel: 'Conv2D', phase: 'forward', time: 9 },
    { kernel: 'Multiply', phase: 'backward', time: 8 },
    { kernel: 'Relu', phase: 'forward', time: 0 },
    { kernel: '(ONNX Runtime)', time: 1 },
  ]);
  assert.deepEqual(kernels, ['Multiply', 'Conv2D', '(ONNX Runtime)']);
  assert.deepEqual(scale.domain, ['forward', 'backward', 'update', 'other']);
  assert.deepEqual(rows, [
    { kernel: 'Multiply', phase: 'update', time: 4 },
    { kernel: 'Conv2D', phase: 'forward', time: 9 },
    { kernel: 'Multiply', phase: 'backward', time: 8 },
    { kernel: '(ONNX Runtime)', phase: 'other', time: 1 },
  ]);
});

test('beyond eighteen kernels the shortest share a bar, and one phase alone needs no legend', () => {
  const bars = Array.from({ length: 20 }, (_, i) => ({
    kernel: `Kernel${i}`,
    phase: 'forward',
    time: 20 - i,
  }));
  const { rows, kernels, legend } = chart(bars);
  assert.equal(kernels.length, 18);
  assert.deepEqual([kernels[0], kernels.at(-1)], ['Kernel0', '3 others']);
  assert.deepEqual((rows as unknown[]).at(-1), { kernel: '3 others', phase: 'forward', time: 6 });
  assert.equal(legend, null);
});

test('it is drawn without a warning of Vega', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'chart-'));
  try {
    const lines: string[] = [];
    const bars = [
      { kernel: 'Conv2D', phase: 'forward', time: 9 },
      { kernel: 'Conv2DBackpropFilter', phase: 'backward', time: 12 },
    ];
    await renderChart(profileChart(bars, 'Where a step of fit goes', '30 ms'), folder, (line) =>
      lines.push(line),
    );
    assert.deepEqual(lines, []);
    assert.match(readFileSync(join(folder, 'chart.svg'), 'utf8'), />Conv2DBackpropFilter</);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
