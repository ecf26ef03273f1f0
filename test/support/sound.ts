import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import type { Project } from './rig.ts';

/** Asserts that every object under its final name is whole, whatever happened to the run that wrote it. */
export function assertObjectsWhole(project: Project): void {
  for (const file of project.files('cache/objects')) {
    if (basename(file).startsWith('.tmp-')) continue;
    const bytes = readFileSync(project.path('cache/objects', file));
    assert.equal(createHash('sha256').update(bytes).digest('hex'), basename(file), `${file} is not whole`);
  }
}
