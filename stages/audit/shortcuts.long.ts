import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../../src/random.ts';
import { isFound, testShortcuts } from './shortcuts.ts';
import type { ExaminedImage } from './survey.ts';

const options = { folds: 5, confidence: 0.95 };

/**
 * Images that vary in every shortcut regardless of class, except for the quality of their JPEG
 * files.
 */
function drawImages(
  count: number,
  seed: number,
  qualityOf: (label: number, random: Random) => number,
) {
  const random = new Random('shortcuts', seed);
  const level = () => 128 + 30 * random.normal();
  return Array.from({ length: count }, (_, index): ExaminedImage => {
    const label = index % 2;
    const quality = qualityOf(label, random);
    const deviations = [level(), level(), level(), level()];
    return {
      key: `${index}`,
      path: `${index}.jpg`,
      split: 'train',
      index,
      label,
      group: undefined,
      slices: {},
      width: random.pick([96, 128, 160]),
      height: random.pick([96, 128]),
      print: {
        bytes: Math.round(4000 * Math.exp(0.2 * random.normal())),
        fileDigest: '',
        pixelsDigest: '',
        encoding: {
          format: 'jpeg',
          quality,
          lumaStep: 100 - quality,
          chromaStep: 110 - quality,
          subsampling: 4,
        },
        grey: new Uint8Array(1024),
      },
      position: index,
      look: {
        light: { red: level(), green: level(), blue: level(), luma: level(), deviations },
        thumbnail: Uint8Array.from({ length: 768 }, level),
        spectrum: new Float32Array(64),
      },
    };
  });
}

const audit = (images: readonly ExaminedImage[], seed: number) =>
  testShortcuts(
    images,
    images.map(({ key }) => key),
    { ...options, seed },
    () => {},
  );

test('of 400 audits of images without a shortcut, at most 28 find one', (t) => {
  const simulations = Array.from({ length: 400 }, (_, seed) =>
    audit(
      drawImages(100, seed, (_, random) => random.pick([75, 80, 90, 95])),
      seed,
    ),
  );
  assert.ok(
    simulations.every((results) => results.length === 5 && results.every(({ varies }) => varies)),
  );
  const alarms = simulations.filter((results) => results.some(isFound)).length;
  t.diagnostic(`${alarms} false alarms`);
  assert.ok(alarms <= 28, `${alarms} false alarms`);
});

test('a JPEG quality that one class has a little more often is found among features that are no shortcuts', () => {
  for (let seed = 0; seed < 20; seed++) {
    const favourite = (label: number) => (label === 1 ? 80 : 90);
    const images = drawImages(300, seed, (label, random) =>
      random.float() < 0.4 ? favourite(label) : random.pick([75, 80, 90, 95]),
    );
    const findings = audit(images, seed).filter(isFound);
    assert.ok(findings.some(({ name }) => name === 'encoding'));
  }
});
