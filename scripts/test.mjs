// Runs the tests with node:test. Finds the files itself: on Node 20 `node --test <folder>` with a loader runs nothing
// and exits 0, so an empty list is an error here.
//   node scripts/test.mjs [--slow] [path prefix…]
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';

const args = process.argv.slice(2);
const slow = args.includes('--slow');
const prefixes = args.filter((arg) => !arg.startsWith('--'));
const suffix = slow ? '.slow.ts' : '.test.ts';

const files = ['src', 'stages', 'test', 'bench']
  .flatMap((folder) =>
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name.endsWith(suffix))
      .map((entry) => `${entry.parentPath}/${entry.name}`),
  )
  .filter((file) => prefixes.length === 0 || prefixes.some((prefix) => file.startsWith(prefix)))
  .sort();

if (files.length === 0) {
  console.error(`No test file (*${suffix}) found${prefixes.length > 0 ? ` under ${prefixes.join(', ')}` : ''}.`);
  process.exit(1);
}
const { status } = spawnSync(process.execPath, ['--import', 'tsx', '--test', '--test-concurrency=2', ...files], {
  stdio: 'inherit',
});
process.exit(status ?? 1);
