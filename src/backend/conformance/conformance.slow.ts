import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { bundleSpecs } from './testing-bundle-specs.ts';
import { runSpecs } from './testing-run-specs.ts';

/**
 * Specs of tfjs-core that this backend does not pass, by full name, and why. A spec that passes, or
 * is gone, must leave the list.
 */
const exceptions: Readonly<Record<string, string>> = {};

/**
 * What tfjs-core 4.22 has for a backend in Node with synchronous reads; with fewer, something was
 * not run.
 */
const FILES = 265;
const SPECS = 4225;

const { files, code } = await bundleSpecs('onnxruntime');
const results = await runSpecs(code);
const ran = results.filter(({ status }) => status !== 'pending');
const failed = ran.filter(({ status }) => status === 'failed');

describe("tfjs-core's own specs on this backend", () => {
  it(`are all run: ${ran.length} specs of ${files.length} files, ${failed.length} failed`, () => {
    assert.ok(files.length >= FILES, `${files.length} files of specs, expected at least ${FILES}`);
    assert.ok(ran.length >= SPECS, `${ran.length} specs ran, expected at least ${SPECS}`);
  });
  for (const { name, failures } of failed) {
    if (!(name in exceptions)) it(name, () => assert.fail(failures.join('\n\n')));
  }
  for (const [name, reason] of Object.entries(exceptions)) {
    it(`but one, which is excepted and still fails: ${name} (${reason})`, () => {
      assert.ok(reason.length > 0);
      assert.ok(
        failed.some((result) => result.name === name),
        'It passes, or is no longer there: the exception is stale.',
      );
    });
  }
});
