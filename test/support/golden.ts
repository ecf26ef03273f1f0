import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * Asserts that a value is what the golden file holds, as JSON. `UPDATE_GOLDEN=1` writes the files
 * anew, for review as part of the change.
 */
export function assertGolden(value: unknown, file: URL): void {
  const path = fileURLToPath(file);
  if (process.env['UPDATE_GOLDEN'] === '1') {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, `${JSON.stringify(value, null, 2)}\n`);
  }
  const plain = JSON.stringify(value); // without undefined keys
  const golden = readFileSync(path, 'utf8');
  assert.deepEqual(JSON.parse(twelveDigits(plain)), JSON.parse(twelveDigits(golden)));
}

/** A text whose long numbers have twelve digits: the last ones of some powers differ in Node 24. */
const twelveDigits = (text: string): string =>
  text.replace(/\d+\.\d{11,}(e[-+]?\d+)?/g, (number) =>
    String(Number(Number(number).toPrecision(12))),
  );

/**
 * A short SHA-256 of the contents of files, for tests that notice when a kind's results change
 * under the same version.
 */
export function digestOf(...paths: readonly string[]): string {
  const hash = createHash('sha256');
  for (const path of paths) hash.update(twelveDigits(readFileSync(path, 'latin1')), 'latin1');
  return hash.digest('hex').slice(0, 16);
}
