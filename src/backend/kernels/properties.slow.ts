import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { before, describe, it } from 'node:test';
import { getGradient, getKernelsForBackend } from '@tensorflow/tfjs';
import { startBackends } from '../../../test/support/both-backends.ts';
import { kernels } from './index.ts';
import { arrayProperties } from './testing-arrays.ts';
import { channelProperties } from './testing-channels.ts';
import { elementwiseProperties } from './testing-elementwise.ts';
import { chainProperties, imageProperties } from './testing-images.ts';
import { indexingProperties } from './testing-indexing.ts';
import { productProperties } from './testing-products.ts';
import type { SealedProperty } from './testing-properties.ts';
import { reductionProperties } from './testing-reductions.ts';
import { resamplingProperties } from './testing-resampling.ts';
import { windowProperties } from './testing-windows.ts';

/** The properties of all kernels, one list per family. */
const properties: readonly SealedProperty[] = [
  ...arrayProperties,
  ...chainProperties,
  ...channelProperties,
  ...elementwiseProperties,
  ...imageProperties,
  ...indexingProperties,
  ...productProperties,
  ...reductionProperties,
  ...resamplingProperties,
  ...windowProperties,
];

before(() => startBackends());

describe('on every case a kernel is lowered, and agrees with the cpu backend', () => {
  for (const { kernel, of, check } of properties)
    it(of === undefined ? kernel : `${kernel}, ${of}`, check);
});

describe('gradients agree with finite differences', () => {
  for (const { kernel, of, checkGradient } of properties) {
    if (checkGradient !== undefined)
      it(of === undefined ? kernel : `${kernel}, ${of}`, checkGradient);
  }
});

it('every kernel of the table has a property, and one with a gradient wherever tfjs has its gradient', () => {
  const checked = new Set(properties.map(({ kernel }) => kernel));
  const differentiated = new Set(
    properties.flatMap(({ kernel, checkGradient }) => (checkGradient ? [kernel] : [])),
  );
  const names = [...kernels.keys()];
  assert.deepEqual(
    names.filter((name) => !checked.has(name)),
    [],
  );
  // That of OneHot is by its indices, which are integers.
  const withGradient = names.filter((name) => getGradient(name) !== undefined && name !== 'OneHot');
  assert.deepEqual(
    withGradient.filter((name) => !differentiated.has(name)),
    [],
  );
});

it('the README says why each of the other kernels is not lowered', () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  const [, section = ''] = readme.split('## On the fallback, and why');
  const rows = [...section.matchAll(/^\| (\w[^|]*) \| [^|]+ \|$/gm)].slice(1);
  const explained = rows.flatMap(([, names = '']) => names.trim().split(', '));
  const known = getKernelsForBackend('cpu').map(({ kernelName }) => kernelName);
  assert.deepEqual(explained.sort(), known.filter((name) => !kernels.has(name)).sort());
});
