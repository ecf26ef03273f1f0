import { backbone } from './backbone.ts';
import type { Shape } from './layer.ts';
import { netPicture } from './net-picture.ts';
import { plainLayers, type TracedLayer, type TracedPlain, type TracedResidual, totals } from './trace-net.ts';

/** A network in numbers. */
export interface NetFacts {
  readonly parameters: {
    /** Of the whole network, as papers count; frozen layers count, moving statistics do not. */
    readonly learnable: number;
    /** The learnable ones before the first flatten or global pooling, and those that follow. */
    readonly backbone: number;
    readonly head: number;
    /** Of BatchNorm, which training follows without a gradient. */
    readonly movingStatistics: number;
  };
  readonly multiplyAdds: number;
  /** Values that the head begins with; null of a network that never becomes flat. */
  readonly features: number | null;
  /** Convolutions on the way from the image to the head; a separable one counts once. */
  readonly convolutions: number;
  readonly separableConvolutions: number;
  /** Convolutions on the ways around residual blocks. */
  readonly shortcutConvolutions: number;
  readonly dense: number;
  /** Blocks that are framed in a drawing: residual ones, and layers in a row that are called after one block. */
  readonly modules: number;
  /** Residual blocks, each of which adds what goes around it. */
  readonly additions: number;
  /** Those of them that are wider inside than at both ends (Sandler et al. 2018, figure 3). */
  readonly invertedResiduals: number;
}

/** What can be counted of a network; nothing is computed. */
export function netFacts(traced: readonly TracedLayer[]): NetFacts {
  const before = backbone(traced.map(({ layer }) => layer)).length;
  const { learnable, movingStatistics, multiplyAdds } = totals(traced);
  const backboneParameters = totals(traced.slice(0, before)).learnable;
  const way = traced.flatMap((one) => ('body' in one ? one.body : [one]));
  const residuals = traced.filter((one) => 'body' in one);
  const shortcuts = residuals.flatMap(({ shortcut }) => shortcut);
  const count = (layers: readonly TracedPlain[], ...kinds: readonly string[]) =>
    layers.filter(({ layer }) => kinds.includes(layer.kind)).length;
  const flat = plainLayers(traced).find(({ input, output }) => input.length === 3 && output.length === 1);
  return {
    parameters: {
      learnable,
      backbone: backboneParameters,
      head: learnable - backboneParameters,
      movingStatistics,
    },
    multiplyAdds,
    features: flat?.output[0] ?? null,
    convolutions: count(way, 'conv', 'separableConv'),
    separableConvolutions: count(way, 'separableConv'),
    shortcutConvolutions: count(shortcuts, 'conv', 'separableConv'),
    dense: count(way, 'dense'),
    modules: netPicture(traced, '', '').blocks.filter(({ name }) => name !== undefined).length,
    additions: residuals.length,
    invertedResiduals: residuals.filter(isInverted).length,
  };
}

function isInverted({ input, output, body }: TracedResidual): boolean {
  const widest = Math.max(...body.map((inner) => channelsOf(inner.output)));
  return widest > Math.max(channelsOf(input), channelsOf(output));
}

const channelsOf = (shape: Shape): number => shape.at(-1)!;
