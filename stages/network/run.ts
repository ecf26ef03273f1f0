import { writeFileSync } from 'node:fs';
import { csvTable } from '../../src/csv.ts';
import { formatJson } from '../../src/format-json.ts';
import { drawNet } from '../../src/learning/charts/draw-net.ts';
import { writeDrawing } from '../../src/learning/charts/render-png.ts';
import {
  formatGraphTotals,
  graphPicture,
  graphTotals,
  listGraph,
} from '../../src/learning/models/graph-listing.ts';
import { openGraph, unfilledNetwork } from '../../src/learning/models/graph-network.ts';
import { countLearnable, showShape } from '../../src/learning/models/layers/layer.ts';
import { describeLayer } from '../../src/learning/models/layers/layer-kinds.ts';
import { formatTotals, netFacts } from '../../src/learning/models/layers/net-facts.ts';
import { netPicture } from '../../src/learning/models/layers/net-picture.ts';
import {
  type TracedLayer,
  type TracedPlain,
  traceLayers,
} from '../../src/learning/models/layers/trace-net.ts';
import { netOf, titleOf } from '../../src/learning/models/model-setting.ts';
import { listedSize } from '../../src/learning/models/network-options.ts';
import { networkPaths } from '../../src/learning/models/network-paths.ts';
import type { StageContext } from '../../src/stage.ts';
import type { NetworkSettings } from './spec.ts';

export default async function run(context: StageContext<NetworkSettings>): Promise<void> {
  await (networkPaths(context) === undefined ? describeNet(context) : describeGraph(context));
}

/** The network of an ONNX file, whose layers are its nodes. */
async function describeGraph(context: StageContext<NetworkSettings>): Promise<void> {
  const { title = 'network' } = context.settings;
  const opened = openGraph(networkPaths(context)!);
  const imageSize = listedSize(opened, context.settings.imageSize);
  const rows = await listGraph(() => unfilledNetwork(opened, imageSize));
  const table = rows.map(({ name, operator, output, parameters, multiplyAdds }) => ({
    layer: name,
    does: operator,
    output,
    parameters,
    'multiply-adds': multiplyAdds,
  }));
  const { multiplyAdds, ...parameters } = graphTotals(rows);
  writeFileSync(context.output('metrics'), formatJson({ parameters, multiplyAdds }));
  writeFileSync(context.output('layers'), csvTable(table));
  const picture = graphPicture(rows, `${title} at ${imageSize} x ${imageSize}`);
  writeDrawing(context.output('drawing'), 'network', drawNet(picture));
  context.log(formatGraphTotals(rows));
}

function describeNet(context: StageContext<NetworkSettings>): void {
  const { model, classes, imageSize, title = titleOf(model) ?? 'network' } = context.settings;
  const traced = traceLayers(netOf(model, classes).layers, [imageSize, imageSize, 3]);
  if (!traced.ok) throw new Error(`Internal error: ${traced.error.message}`);
  const facts = netFacts(traced.value);
  writeFileSync(context.output('metrics'), formatJson(facts));
  writeFileSync(context.output('layers'), formatLayers(traced.value));
  const totals = formatTotals(traced.value);
  const svg = drawNet(netPicture(traced.value, `${title} at ${imageSize} x ${imageSize}`, totals));
  writeDrawing(context.output('drawing'), 'network', svg);
  context.log(totals);
}

function formatLayers(traced: readonly TracedLayer[]): string {
  const row = (
    { layer, output, weights, multiplyAdds }: TracedPlain,
    block: string,
    way: string,
  ) => ({
    layer: layer.name,
    'residual block': block,
    path: way,
    does: describeLayer(layer),
    output: showShape(output),
    parameters: countLearnable(weights),
    'multiply-adds': multiplyAdds,
  });
  const rowsOf = (
    layers: readonly TracedLayer[],
    block: string,
    way: string,
  ): readonly ReturnType<typeof row>[] =>
    layers.flatMap((entry) => {
      if (!('paths' in entry)) return [row(entry, block, way)];
      const { kind, name } = entry.layer;
      const around = kind === 'concat' ? 'through' : 'around';
      return entry.paths.flatMap((path, i) =>
        rowsOf(path, name, kind === 'residual' && i === 0 ? 'through' : around),
      );
    });
  const rows = rowsOf(traced, '', 'through');
  return csvTable(rows);
}
