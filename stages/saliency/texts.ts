import { methodTitle } from '../../src/learning/attribution/methods.ts';
import { withLabels } from '../../src/learning/charts/chart-title.ts';
import { formatSharing, numberAt } from '../../src/learning/explanations/format-measured.ts';
import type { Numbers } from '../../src/learning/explanations/map-metrics.ts';
import type { SaliencySettings } from './spec.ts';

/** What titles need to know beside the numbers. */
export interface Frame extends Pick<SaliencySettings, 'split' | 'method' | 'class' | 'score' | 'confidence' | 'title'> {
  /** The axis values of the model. */
  readonly labels: Readonly<Record<string, string>>;
}

/** What both charts say in words. */
export interface Findings {
  /** Names, in label order. */
  readonly classes: readonly string[];
  /** Images of the split, by label. */
  readonly counts: readonly number[];
  /** Of the method. */
  readonly numbers: Numbers;
  readonly frame: Frame;
}

/** Such as `Gradient on test, seed 2: on fakes …`. */
export const titled = ({ title, method, split, labels }: Frame, finding: string): string =>
  `${title ?? withLabels(`${methodTitle(method)} on ${split}`, labels)}: ${finding}`;

/** How much of the gradient a tenth of the pixels holds, on each class, beside the untrained net's. */
export function concentrationFinding(numbers: Numbers, method: SaliencySettings['method']): string {
  const what = method === 'gradient' ? 'the gradient' : 'the map';
  const on = (label: 'real' | 'fake') => {
    const own = numberAt(numbers, `${label}.topShare`);
    const untrained = numberAt(numbers, `untrained.${label}.topShare`);
    if (own.value === null) return undefined;
    return {
      own: formatSharing(own),
      untrained: untrained.value === null ? '' : `, untrained ${formatSharing({ ...untrained, ends: null })}`,
    };
  };
  const [fake, real] = [on('fake'), on('real')];
  const [first, other] = fake === undefined ? [real, undefined] : [fake, real];
  if (first === undefined) return 'the net says the same of every image, so no pixel counts';
  const rest = other === undefined ? '' : `; on real images ${other.own}${other.untrained}`;
  return `on ${fake === undefined ? 'real images' : 'fakes'} the most salient 10 % of pixels hold ${first.own} of ${what}${first.untrained}${rest}`;
}
