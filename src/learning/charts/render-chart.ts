import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  logger as createLogger,
  mergeConfig,
  parse,
  resetSVGDefIds,
  textMetrics,
  View,
  Warn,
} from 'vega';
import { compile, type TopLevelSpec } from 'vega-lite';
import { formatJson } from '../../format-json.ts';
import type { ChartContext } from '../../stage.ts';
import { textWidth } from './fonts.ts';
import { renderPng } from './render-png.ts';
import { theme } from './theme.ts';
import { withoutPointer } from './tooltips.ts';

/** Says to tools that a spec is one of Vega-Lite. */
export const schema = 'https://vega.github.io/schema/vega-lite/v6.json';

/**
 * Makes a `chart` artifact, the folder `folder`, of a Vega-Lite spec with its data in it:
 *
 * - `chart.vl.json`: the spec and the theme, as any Vega-Lite tool takes it;
 * - `chart.svg`;
 * - `chart.png`: the same at two pixels per unit.
 *
 * The same spec gives the same bytes. `warn` gets Vega's messages, which name mistakes in the spec.
 */
export async function renderChart(
  spec: TopLevelSpec,
  folder: string,
  warn: (line: string) => void,
): Promise<void> {
  const themed = withTheme(spec);
  const svg = await drawSvg(themed, warn);
  const png = renderPng(svg);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'chart.vl.json'), formatJson(themed));
  writeFileSync(join(folder, 'chart.svg'), `${svg}\n`);
  writeFileSync(join(folder, 'chart.png'), png);
}

/** The same for the output of a stage, which warns of mistakes. */
export const renderOutput = (context: ChartContext, port: string, spec: TopLevelSpec) =>
  renderChart(spec, context.output(port), (line) => context.warn(line));

/** Only the `chart.png` of a chart. */
export async function renderChartPng(
  spec: TopLevelSpec,
  warn: (line: string) => void,
): Promise<Buffer> {
  return renderPng(await drawSvg(withTheme(spec), warn));
}

const withTheme = (spec: TopLevelSpec): TopLevelSpec => ({
  $schema: schema,
  ...spec,
  config: mergeConfig({ ...theme }, { ...spec.config }),
});

async function drawSvg(spec: TopLevelSpec, warn: (line: string) => void): Promise<string> {
  measureTextWithTheFont();
  resetSVGDefIds(); // otherwise ids count up through the process
  const logger = createLogger(Warn, 'warn', (_method, _level, input) => warn(input.join(' ')));
  const view = new View(parse(compile(withoutPointer(spec), { logger }).spec), {
    renderer: 'none',
    logger,
  });
  try {
    return await view.toSVG();
  } finally {
    view.finalize();
  }
}

/**
 * Gives Vega the text widths of the font: without a canvas it guesses them, and is wrong by half.
 */
function measureTextWithTheFont(): void {
  textMetrics.width = ({ fontSize = 11, fontWeight, limit = 0 }, text) => {
    const bold = fontWeight === 'bold' || Number(fontWeight) >= 600;
    const width = textWidth(String(text ?? '').trim(), fontSize, bold ? 'bold' : 'normal');
    return limit > 0 ? Math.min(width, limit) : width;
  };
}

declare module 'vega' {
  /**
   * Part of vega-scenegraph that its types omit; Vega uses `width` for layout and for truncation.
   */
  const textMetrics: {
    width: (
      item: {
        readonly fontSize?: number;
        readonly fontWeight?: string | number;
        readonly limit?: number;
      },
      text: unknown,
    ) => number;
  };
}
