import { type Method, methodTitle } from '../../src/learning/attribution/methods.ts';
import { dashes, ink, palette, shapes } from '../../src/learning/charts/theme.ts';
import { control } from './spec.ts';

/** Colours, dashes and shapes of methods, by the names that a legend has for them. */
export function methodScales(
  series: readonly { readonly method: Method; readonly name: string }[],
  methods: readonly Method[],
) {
  const domain = series.map(({ name }) => name);
  // By their place in the settings, so that a method looks the same in every chart, whatever its rank; the control is grey and dotted.
  const of = <T>(values: readonly T[], ofControl: T) => ({
    domain,
    range: series.map(({ method }) =>
      method === control ? ofControl : values[methods.indexOf(method) % values.length]!,
    ),
  });
  return {
    color: of<string>(palette, ink.medium),
    strokeDash: of<number[]>(
      dashes.map((dash) => [...dash]),
      [3, 3],
    ),
    shape: of<string>(shapes, 'circle'),
  };
}

/** Such as `Grad-CAM` and `RandomCAM (control)`. */
export const seriesTitle = (method: Method): string => methodTitle(method) + (method === control ? ' (control)' : '');
