import type { TopLevelSpec } from 'vega-lite';
import { chartTitle } from '../../src/charts/chart-title.ts';
import { formatCount } from '../../src/charts/format-number.ts';
import { seriesScales } from '../../src/charts/series.ts';
import { classColours } from '../../src/charts/theme.ts';
import { ringFrequencies } from '../../src/vision/radial-spectrum.ts';
import type { ClassMeans } from './means.ts';

const width = 460;
const height = 300;

/** Power against spatial frequency, a line for each class, and as a band the deviation over its images. */
export function spectrumChart(names: readonly string[], classes: readonly ClassMeans[]): TopLevelSpec {
  const values = classes.flatMap(({ spectrum }, label) =>
    spectrum.map(({ mean, deviation }, ring) => ({
      class: names[label]!,
      frequency: ringFrequencies[ring]!,
      power: mean,
      low: mean - deviation,
      high: mean + deviation,
    })),
  );
  const x = {
    field: 'frequency',
    type: 'quantitative' as const,
    title: 'Spatial frequency, cycles per pixel',
    scale: { domain: [0, 0.5] },
    axis: { format: '.1f', tickCount: 5 },
  };
  const y = (field: string) => ({
    field,
    type: 'quantitative' as const,
    title: 'Power of luma, log₁₀ (levels²)',
    scale: { zero: false },
  });
  const legend = { title: 'Class', orient: 'bottom' as const, symbolType: 'stroke', symbolSize: 500, symbolOpacity: 1 };
  const by = { field: 'class', type: 'nominal' as const, legend };
  const { strokeDash } = seriesScales(names);
  const color = { ...by, scale: { domain: [...names], range: [...classColours] } };
  return {
    title: chartTitle(spectrumTitle(names, classes), subtitle(names, classes), width),
    width,
    height,
    data: { name: 'spectra', values },
    layer: [
      {
        mark: { type: 'area', opacity: 0.16 },
        encoding: { x, y: y('low'), y2: { field: 'high' }, color },
      },
      {
        mark: { type: 'line' },
        encoding: {
          ...{ x, y: y('power') },
          color,
          strokeDash: { ...by, scale: strokeDash }, // told apart in grey, too
        },
      },
    ],
  };
}

/** Where the classes are farthest apart, measured by the deviation of their images. */
export function largestGap([real, fake]: readonly ClassMeans[]): {
  readonly ring: number;
  /** In deviations, positive where fakes have more. */
  readonly gap: number;
} {
  const gaps = real!.spectrum.map((one, ring) => {
    const other = fake!.spectrum[ring]!;
    const pooled = Math.sqrt((one.deviation ** 2 + other.deviation ** 2) / 2);
    const apart = other.mean - one.mean;
    return pooled === 0 ? Math.sign(apart) * (apart === 0 ? 0 : Number.MAX_VALUE) : apart / pooled;
  });
  const ring = gaps.reduce((best, gap, i) => (Math.abs(gap) > Math.abs(gaps[best]!) ? i : best), 0);
  return { ring, gap: gaps[ring]! };
}

function spectrumTitle(names: readonly string[], classes: readonly ClassMeans[]): string {
  const { ring, gap } = largestGap(classes);
  const apart = classes[1]!.spectrum[ring]!.mean - classes[0]!.spectrum[ring]!.mean;
  const [more, times] = apart < 0 ? [names[0]!, 10 ** -apart] : [names[1]!, 10 ** apart];
  const deviations = Math.abs(gap) < 100 ? `, ${Math.abs(gap).toFixed(1)} deviations` : '';
  return `Spectra differ most at ${ringFrequencies[ring]!.toFixed(2)} cycles per pixel: ${more} has ${times.toFixed(1)} times the power${deviations}`;
}

function subtitle(names: readonly string[], classes: readonly ClassMeans[]): string {
  const counts = classes.map(({ images }, label) => `${formatCount(images)} ${names[label]}`);
  return `${counts.join(' and ')} images; mean over images, band: one deviation; middle 256 x 256 at most, Hann window`;
}
