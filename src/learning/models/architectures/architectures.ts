import type { LayerItem } from '../layers/layer-items.ts';
import { myNet } from './my-net.ts';
import { simpleNet } from './simple-net.ts';
import { tinyXception } from './tiny-xception.ts';
import { xception, xceptionBased } from './xception.ts';

/** The networks that have a name; light, since a spec lists them. `build-net.ts` makes tfjs models of them. */
export const architectureNames = ['simple-net', 'xception', 'xception-based', 'my-net', 'tiny-xception'] as const;
export type ArchitectureName = (typeof architectureNames)[number];

interface Architecture {
  readonly summary: string;
  /** Its list of layers, which ends with the logits of so many classes. */
  readonly layers: (classes: number) => readonly LayerItem[];
}

/** The table of networks. */
export const architectures: Readonly<Record<ArchitectureName, Architecture>> = {
  'simple-net': { summary: 'Three convolutions of 7 x 7 and three dense layers, from scratch.', layers: simpleNet },
  xception: { summary: '36 convolutions in 14 modules with residuals (Chollet 2017).', layers: xception },
  'xception-based': {
    summary: 'Xception with dense layers of 1000, 256 and 64 before the last.',
    layers: xceptionBased,
  },
  'my-net': { summary: 'Five small convolutions, each pooled, then dropout and one dense layer.', layers: myNet },
  'tiny-xception': { summary: 'The small Xception of @vladmandic/face-api, without BatchNorm.', layers: tinyXception },
};
