import { drawNet } from '../../src/charts/draw-net.ts';
import { headOf } from '../../src/models/feature-head.ts';
import { formatTotals } from '../../src/models/format-totals.ts';
import type { ModelInfo } from '../../src/models/model-info.ts';
import { modelSetting, netOf } from '../../src/models/model-setting.ts';
import { netPicture } from '../../src/models/net-picture.ts';
import { traceLayers } from '../../src/models/trace-net.ts';
import { StageError } from '../../src/stage.ts';

/** A model's network as SVG, as `pipeline model` draws it; of one that goes on from features, what follows them. */
export function drawModel({ architecture, classes, input }: ModelInfo, title: string): string {
  const setting = modelSetting.safeParse(architecture);
  if (!setting.success) throw new StageError(`Expected a network that can be drawn, got "${String(architecture)}".`);
  const isHead = 'values' in input;
  const net = (isHead ? headOf : netOf)(setting.data, classes.length);
  const traced = traceLayers(net.layers, isHead ? [input.values] : [input.size, input.size, 3]);
  if (!traced.ok) throw new StageError(`Expected a network that can be drawn: ${traced.error.message}.`);
  const seen = isHead ? `${input.values.toLocaleString('en')} features` : `${input.size} x ${input.size}`;
  return drawNet(netPicture(traced.value, `${title} at ${seen}`, formatTotals(traced.value)));
}
