import { methodTitle } from '../../src/attribution/methods.ts';
import { withLabels } from '../../src/charts/chart-title.ts';
import type { Numbers } from '../../src/explanations/map-metrics.ts';
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

/** A number of a method with its interval, by its path within the metrics. */
export function numberAt(numbers: Numbers, path: string): Measured {
  const steps = path.split('.');
  const name = steps.pop()!;
  const map = steps.reduce<Numbers | undefined>((inner, step) => inner?.[step] as Numbers | undefined, numbers);
  const intervals = map?.['intervals'] as Numbers | undefined;
  return {
    value: (map?.[name] as number | undefined) ?? null,
    ends: (intervals?.[name] as Measured['ends'] | undefined) ?? null,
  };
}

export interface Measured {
  readonly value: number | null;
  readonly ends: readonly [low: number, high: number] | null;
}

/** Such as `41.2 % (39.0–43.1 %)`, and a dash where there is none. */
export function formatSharing({ value, ends }: Measured): string {
  if (value === null) return '–';
  const show = (share: number) => (100 * share).toFixed(1);
  return ends === null ? `${show(value)} %` : `${show(value)} % (${show(ends[0])}–${show(ends[1])} %)`;
}

/** How far apart mean maps lie, of a net by its path, and whether chance alone sets them as far apart. */
export function formatDistance(numbers: Numbers, path: string, confidence: number): string {
  const p = numberAt(numbers, `${path}distanceP`).value;
  const isChance = p !== null && p >= 1 - confidence;
  return `${formatSharing(numberAt(numbers, `${path}distance`))}${isChance ? ' (not told from chance)' : ''}`;
}

/** A difference of shares, such as `+3.1 % (−0.2 to +6.0 %)`. */
export function formatChange({ value, ends }: Measured): string {
  if (value === null) return '–';
  const show = (share: number) => signed(100 * share, 1);
  return ends === null ? `${show(value)} %` : `${show(value)} % (${show(ends[0])} to ${show(ends[1])} %)`;
}

/** With the sign of what is left when rounded. */
export function signed(value: number, digits: number): string {
  const text = Math.abs(value).toFixed(digits);
  return Number(text) === 0 ? text : `${value < 0 ? '−' : '+'}${text}`;
}

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
