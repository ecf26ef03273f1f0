import { drawNet } from '../../src/learning/charts/draw-net.ts';
import { escapeXml } from '../../src/learning/charts/escape-xml.ts';
import { wrapText } from '../../src/learning/charts/fit-text.ts';
import { fontFamily } from '../../src/learning/charts/fonts.ts';
import { formatTotals } from '../../src/learning/models/layers/net-facts.ts';
import { netPicture } from '../../src/learning/models/layers/net-picture.ts';
import { traceLayers } from '../../src/learning/models/layers/trace-net.ts';
import type { ModelInfo } from '../../src/learning/models/model-info.ts';
import { headOf, modelSetting, netOf } from '../../src/learning/models/model-setting.ts';
import { err, ok, type Result } from '../../src/result.ts';

/** A model's network as SVG, as `restage model` draws it; of one that goes on from features, what follows them. */
export function drawModel({ architecture, classes, input }: ModelInfo, title: string): Result<string, string> {
  const setting = modelSetting.safeParse(architecture);
  if (!setting.success) return err(`expected a network of layers that are known, got "${String(architecture)}"`);
  const isHead = 'values' in input;
  const net = (isHead ? headOf : netOf)(setting.data, classes.length);
  const traced = traceLayers(net.layers, isHead ? [input.values] : [input.size, input.size, 3]);
  if (!traced.ok) return err(traced.error.message);
  const seen = isHead ? `${input.values.toLocaleString('en')} features` : `${input.size} x ${input.size}`;
  return ok(drawNet(netPicture(traced.value, `${title} at ${seen}`, formatTotals(traced.value))));
}

/** An SVG with a message in place of a network. */
export function drawMessage(message: string): string {
  const [width, size] = [480, 13];
  const lines = wrapText(message, width - 2 * size, { size });
  const texts = lines.map((line, i) => `<text x="${size}" y="${(i + 2) * 1.4 * size}">${escapeXml(line)}</text>`);
  const height = Math.ceil((lines.length + 2) * 1.4 * size);
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="${fontFamily}" font-size="${size}">${texts.join('')}</svg>\n`;
}
