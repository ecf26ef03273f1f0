import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { noNamespaces } from './support/apart.ts';
import { noS3 } from './support/s3.ts';

const study = fileURLToPath(new URL('torture/bucket-study.ts', import.meta.url));

test('two machines that share nothing but a bucket run the study with the bytes of a local run, and no stage of the other again', {
  skip: noS3 ?? noNamespaces ?? false,
}, () => {
  const argv = ['--import', 'tsx', study];
  const { status, stdout, stderr } = spawnSync(process.execPath, argv, { encoding: 'utf8' });
  assert.equal(status, 0, stdout + stderr);
  assert.match(stdout, /\n\d+ results, each with the digests of a local run\n$/);
});
