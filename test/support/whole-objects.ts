import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { sha256 } from '../../src/digest.ts';
import type { Project } from './rig.ts';

/**
 * Asserts that every object under its final name is whole, even if the run that wrote it was
 * killed.
 */
export function assertObjectsWhole(project: Project): void {
  for (const file of project.files('cache/objects')) {
    if (basename(file).startsWith('.tmp-')) continue;
    const digest = sha256(readFileSync(project.path('cache/objects', file)));
    assert.equal(digest, basename(file), `${file} is not whole`);
  }
}
