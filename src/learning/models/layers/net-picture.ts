import type { NetBlock, NetPicture, NetUnit } from '../../charts/draw-net.ts';
import { countLearnable, showShape } from './layer.ts';
import { describeLayer, layerKind } from './layer-kinds.ts';
import { plainLayers, type TracedBlock, type TracedLayer, type TracedPlain } from './trace-net.ts';

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
