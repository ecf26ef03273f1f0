import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '../../../test/support/temporary-folder.ts';
import { StageError } from '../../stage.ts';
import { packageFile } from './package-file.ts';

const md5 = '5d41402abc4b2a76b9719d911017c592'; // of "hello"
const file = { url: 'npm:some-networks@1.2.3/dist/net.bin', md5 };

test('a file of an optional package is found where the project has it, and verified', async (t) => {
  const root = join(temporaryFolder(t), 'project');
  await assert.rejects(
    packageFile(file, root),
    new StageError(
      'Expected the optional package some-networks beside the project, which is not installed: npm install some-networks@1.2.3.',
    ),
  );
  const path = join(dirname(root), 'node_modules/some-networks/dist/net.bin');
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, 'hello');
  assert.equal(await packageFile(file, root), path);
  writeFileSync(path, 'other');
  await assert.rejects(
    packageFile(file, root),
    new StageError(
      `Expected md5 ${md5} of ${path}, got 795f3202b17cb6bc3d4b771d8c6c9eaf: it is another version, or damaged. npm install some-networks@1.2.3.`,
    ),
  );
});
