import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../../../random.ts';
import { radialSpectrum, ringCount, ringFrequencies } from './radial-spectrum.ts';

const make = (
  width: number,
  height: number,
  value: (x: number, y: number) => number,
): Float64Array =>
  Float64Array.from({ length: width * height }, (_, i) => value(i % width, Math.floor(i / width)));

test('white noise has the same power in every ring, its variance, whatever the size', () => {
  const random = new Random('white');
  for (const [width, height] of [
    [256, 256],
    [224, 199],
    [90, 400],
  ] as const) {
    const spectra = Array.from({ length: 8 }, () =>
      radialSpectrum(
        make(width, height, () => 128 + 10 * random.normal()),
        width,
        height,
      ),
    );
    for (let ring = 1; ring < ringCount; ring++) {
      const mean = spectra.reduce((sum, spectrum) => sum + spectrum[ring]!, 0) / spectra.length;
      assert.ok(
        Math.abs(mean - 2) < (ring < 8 ? 0.25 : 0.1),
        `${width} x ${height}, ring ${ring}: ${mean}`,
      );
    }
  }
});

test('a wave stands out at its own frequency, in whatever direction it runs', () => {
  for (const angle of [0, 0.4, Math.PI / 2, 2]) {
    const u = 0.25 * Math.cos(angle);
    const v = 0.25 * Math.sin(angle);
    const spectrum = radialSpectrum(
      make(200, 200, (x, y) => 8 * Math.cos(2 * Math.PI * (u * x + v * y))),
      200,
      200,
    );
    const highest = spectrum.indexOf(Math.max(...spectrum));
    assert.ok(
      Math.abs(ringFrequencies[highest]! - 0.25) < 0.008,
      `angle ${angle}: ${ringFrequencies[highest]}`,
    );
    assert.ok(spectrum[highest]! - spectrum[10]! > 5);
  }
});

test('a checkerboard, the fastest wave that pixels can show, stands out in the last ring', () => {
  for (const side of [40, 128, 200]) {
    const board = make(side, side, (x, y) => 100 + (((x + y) % 2) * 2 - 1) * 3);
    const spectrum = radialSpectrum(board, side, side);
    assert.equal(spectrum.indexOf(Math.max(...spectrum)), ringCount - 1, `${side}`);
    assert.ok(spectrum.at(-1)! - spectrum[ringCount >> 1]! > 3, `${side}`);
  }
  assert.ok(ringFrequencies.at(-1)! > 0.68 && ringFrequencies.at(-1)! < Math.SQRT1_2);
});

test('only the middle of a large picture counts; a single pixel and a single colour have a spectrum, too', () => {
  const random = new Random('large');
  const large = make(300, 300, () => random.normal());
  const middle = make(256, 256, (x, y) => large[(y + 22) * 300 + x + 22]!);
  assert.deepEqual(radialSpectrum(large, 300, 300), radialSpectrum(middle, 256, 256));
  for (const [width, height] of [
    [1, 1],
    [64, 64],
    [1, 300],
  ] as const) {
    assert.ok(
      radialSpectrum(
        make(width, height, () => 7),
        width,
        height,
      ).every((value) => value === -6),
    );
  }
});
