import { pathToFileURL } from 'node:url';
import { inRepository } from './pages.ts';

/** What programs import from 'restage': the built package, since stages start its other files. */
export const library: typeof import('../../src/index.ts') = await import(
  pathToFileURL(inRepository('dist/index.js')).href
);
