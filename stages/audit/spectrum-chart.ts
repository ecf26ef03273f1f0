import type { TopLevelSpec } from 'vega-lite';
import { formatCount } from '../../src/format-numbers.ts';
import { chartTitle } from '../../src/learning/charts/chart-title.ts';
import { seriesScales } from '../../src/learning/charts/series.ts';
import { classColours } from '../../src/learning/charts/theme.ts';
import { ringFrequencies } from '../../src/learning/vision/forensics/radial-spectrum.ts';
import type { ClassMeans } from './means.ts';
import type { SpectrumGap } from './spectrum-gap.ts';

const width = 460;
const height = 300;

/** Power against spatial frequency, a line for each class, and as a band the deviation over its images. */
export function spectrumChart(
  names: readonly string[],
  classes: readonly ClassMeans[],
  gap: SpectrumGap,
): TopLevelSpec {
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
    title: chartTitle(spectrumTitle(names, gap), subtitle(names, classes), width),
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

/** Of a difference that is told as one, p is below. */
const significant = 0.05;

export function spectrumTitle(names: readonly string[], { ring, apart, deviations, p }: SpectrumGap): string {
  if (p !== null && p >= significant) {
    return `Spectra differ at no frequency by more than chance (p ${p > 0.99 ? '≈ 1' : `= ${p.toFixed(2)}`})`;
  }
  const [more, times] = apart < 0 ? [names[0]!, 10 ** -apart] : [names[1]!, 10 ** apart];
  const inDeviations = deviations === null ? '' : `, ${Math.abs(deviations).toFixed(1)} deviations`;
  const told = p === null ? '; too few images to tell that from chance' : inDeviations;
  return `Spectra differ most at ${ringFrequencies[ring]!.toFixed(2)} cycles per pixel: ${more} has ${times.toFixed(1)} times the power${told}`;
}

function subtitle(names: readonly string[], classes: readonly ClassMeans[]): string {
  const counts = classes.map(({ images }, label) => `${formatCount(images)} ${names[label]}`);
  return `${counts.join(' and ')} images; mean over images, band: one deviation; middle 256 x 256 at most, Hann window`;
}
