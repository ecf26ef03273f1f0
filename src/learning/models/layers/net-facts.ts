import { formatCount } from '../../../format-numbers.ts';
import type { NetBlock, NetPicture, NetUnit } from '../../charts/draw-net.ts';
import { countLearnable, showShape, sizeOf } from './layer.ts';
import { describeLayer, layerKind } from './layer-kinds.ts';
import { backbone } from './net-parts.ts';
import { plainLayers, type TracedBlock, type TracedLayer, type TracedPlain } from './trace-net.ts';

/**
 * Learnable parameters, moving statistics that are kept besides, and multiply-adds for one image.
 */
export function totals(traced: readonly TracedLayer[]) {
  const layers = plainLayers(traced);
  const weights = layers.flatMap((layer) => layer.weights);
  const learnable = countLearnable(weights);
  const movingStatistics = weights.reduce((sum, weight) => sum + sizeOf(weight), 0) - learnable;
  return {
    learnable,
    movingStatistics,
    multiplyAdds: layers.reduce((sum, layer) => sum + layer.multiplyAdds, 0),
  };
}

/**
 * `34,850 learnable parameters; 176,993,256 multiply-adds an image`, with moving statistics where
 * there are any.
 */
export function formatTotals(traced: readonly TracedLayer[]): string {
  const { learnable, movingStatistics, multiplyAdds } = totals(traced);
  const beside =
    movingStatistics === 0 ? '' : `, beside ${formatCount(movingStatistics)} moving statistics`;
  return `${formatCount(learnable)} learnable parameters${beside}; ${formatCount(multiplyAdds)} multiply-adds an image`;
}

/** A network in numbers, from its shapes alone. */
export function netFacts(traced: readonly TracedLayer[]) {
  const before = backbone(traced.map(({ layer }) => layer)).length;
  const { learnable, movingStatistics, multiplyAdds } = totals(traced);
  const backboneParameters = totals(traced.slice(0, before)).learnable;
  const path = onPath(traced);
  const blocks = blocksIn(traced);
  const residuals = blocks.filter(({ layer }) => layer.kind === 'residual');
  const shortcuts = residuals.flatMap(({ paths }) => plainLayers(paths[1]!));
  const count = (layers: readonly TracedPlain[], ...kinds: readonly string[]) =>
    layers.filter(({ layer }) => kinds.includes(layer.kind)).length;
  const flat = path.find(({ input, output }) => input.length > 1 && output.length === 1);
  return {
    // Papers count frozen layers too; moving statistics, which training updates without a
    // gradient, count apart.
    parameters: {
      learnable,
      backbone: backboneParameters,
      head: learnable - backboneParameters,
      movingStatistics,
    },
    multiplyAdds,
    /** Number of values that the head begins with; null for a network that never becomes flat. */
    features: flat?.output[0] ?? null,
    /** On the path from the image to the head; a separable one counts once. */
    convolutions: count(path, 'conv', 'separableConv', 'depthwiseConv'),
    separableConvolutions: count(path, 'separableConv'),
    shortcutConvolutions: count(shortcuts, 'conv', 'separableConv', 'depthwiseConv'),
    dense: count(path, 'dense'),
    /**
     * Framed blocks of the drawing: residual blocks, and layers in a row that are named after one
     * block.
     */
    modules: netPicture(traced, '', '').blocks.filter(({ name }) => name !== undefined).length,
    /**
     * Residual blocks, and those that are wider inside than at both ends (Sandler et al. 2018,
     * figure 3).
     */
    additions: residuals.length,
    invertedResiduals: residuals.filter(isInverted).length,
  };
}

/** The plain layers between image and head: without those of shortcuts and gates. */
const onPath = (traced: readonly TracedLayer[]): readonly TracedPlain[] =>
  traced.flatMap((entry) => {
    if (!('paths' in entry)) return [entry];
    const { kind } = entry.layer;
    if (kind === 'gate') return [];
    return (kind === 'residual' ? entry.paths.slice(0, 1) : entry.paths).flatMap(onPath);
  });

const blocksIn = (traced: readonly TracedLayer[]): readonly TracedBlock[] =>
  traced.flatMap((entry) => ('paths' in entry ? [entry, ...entry.paths.flatMap(blocksIn)] : []));

function isInverted({ input, output, paths }: TracedBlock): boolean {
  const widest = Math.max(...onPath(paths[0]!).map((inner) => inner.output.at(-1)!));
  return widest > Math.max(input.at(-1)!, output.at(-1)!);
}

/**
 * The drawing of a network. Layers in a row named after one block, such as `block1_conv1`, are
 * framed as residual ones are.
 */
export function netPicture(
  traced: readonly TracedLayer[],
  title: string,
  subtitle: string,
): NetPicture {
  const image = { kind: 'other', name: 'image', does: 'image', parameters: 0 } as const;
  const input = { ...image, shape: showShape(traced[0]!.input) };
  const blocks: NetBlock[] = [{ body: [input] }];
  let plain: TracedPlain[] = [];
  const flush = () => {
    blocks.push(...plainBlocks(plain));
    plain = [];
  };
  for (const entry of traced) {
    if (!('paths' in entry)) plain.push(entry);
    else {
      flush();
      blocks.push(blockOf(entry));
    }
  }
  flush();
  return { title, subtitle, blocks };
}

function blockOf({ layer, paths, output }: TracedBlock): NetBlock {
  const { kind, name } = layer;
  const [first = [], second = []] = paths.map((path) => unitsIn(path, name));
  if (kind === 'residual') return { name, body: first, shortcut: second };
  if (kind === 'gate') return { name, body: [asUnit({ layer, paths, output }, '')] };
  const join = { kind: 'other', name: '', does: 'side by side', parameters: 0 } as const;
  return {
    name,
    body: [{ ...join, shape: showShape(output) }],
    branches: paths.map((path) => unitsIn(path, name)),
  };
}

/** The units of a path; a block within a block is one. */
function unitsIn(traced: readonly TracedLayer[], block: string): readonly NetUnit[] {
  const units: NetUnit[] = [];
  let plain: TracedPlain[] = [];
  for (const entry of traced) {
    if (!('paths' in entry)) plain.push(entry);
    else {
      units.push(...unitsOf(plain, block), asUnit(entry, block));
      plain = [];
    }
  }
  return [...units, ...unitsOf(plain, block)];
}

const blockWords = { residual: 'adds', gate: 'weighs by', concat: 'side by side' } as const;

function asUnit({ layer, paths, output }: Omit<TracedBlock, 'input'>, block: string): NetUnit {
  const ways = paths.map((path) =>
    unitsIn(path, '')
      .map(({ does }) => does)
      .join(', '),
  );
  return {
    kind: 'conv',
    name: withoutBlock(layer.name, block),
    does: `${blockWords[layer.kind]}: ${ways.filter((way) => way !== '').join(' | ')}`,
    shape: showShape(output),
    parameters: countLearnable(paths.flatMap(plainLayers).flatMap(({ weights }) => weights)),
  };
}

/**
 * Layers of one block stay together; others stand alone, so that a column can end after any of
 * them.
 */
function plainBlocks(layers: readonly TracedPlain[]): readonly NetBlock[] {
  const runs: { block: string | undefined; layers: TracedPlain[] }[] = [];
  for (const traced of layers) {
    const block = /^([A-Za-z]+\d+)_./.exec(traced.layer.name)?.[1];
    const last = runs.at(-1);
    if (last !== undefined && last.block === block) last.layers.push(traced);
    else runs.push({ block, layers: [traced] });
  }
  return runs.flatMap(({ block, layers }): readonly NetBlock[] => {
    const units = unitsOf(layers, block ?? '');
    return block !== undefined && units.length > 1
      ? [{ name: block, body: units }]
      : units.map((unit) => ({ body: [unit] }));
  });
}

function unitsOf(layers: readonly TracedPlain[], block: string): readonly NetUnit[] {
  const units: NetUnit[] = [];
  for (const { layer, output, weights } of layers) {
    const does = describeLayer(layer);
    const parameters = countLearnable(weights);
    const last = units.at(-1);
    const refines = layer.kind === 'batchNorm' || layer.kind === 'activation';
    if (refines && last !== undefined && hasKernel(last)) {
      units[units.length - 1] = {
        ...last,
        does: `${last.does}, ${does}`,
        parameters: last.parameters + parameters,
      };
    } else {
      const name = withoutBlock(layer.name, block);
      units.push({
        kind: layerKind(layer).colour,
        name,
        does,
        shape: showShape(output),
        parameters,
      });
    }
  }
  return units;
}

const hasKernel = ({ kind }: NetUnit): boolean =>
  kind === 'conv' || kind === 'separableConv' || kind === 'dense';

/** Inside a frame, a layer does not repeat the frame's name. */
const withoutBlock = (name: string, block: string): string =>
  block !== '' && name.startsWith(block) && name.length > block.length + 1
    ? name.slice(block.length + 1)
    : name;
