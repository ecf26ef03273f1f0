// Runs the tests with node:test. Finds the files itself: on Node 20 `node --test <folder>` with a
// loader runs nothing and exits 0, so an empty list is an error here.
//   node scripts/test.mjs [--slow | --long] [path prefix…]
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const args = process.argv.slice(2);
const options = { '--slow': '.slow.ts', '--long': '.long.ts' };
const unknown = args.find((arg) => arg.startsWith('-') && options[arg] === undefined);
if (unknown !== undefined) {
  console.error(
    `Unknown option ${unknown}: node scripts/test.mjs [--slow | --long] [path prefix…]`,
  );
  process.exit(2);
}
const option = args.find((arg) => options[arg] !== undefined);
const prefixes = args.filter((arg) => arg !== option);
const suffix = options[option] ?? '.test.ts';

const files = ['src', 'stages', 'test', 'bench']
  .flatMap((folder) =>
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name.endsWith(suffix))
      .map((entry) => `${entry.parentPath}/${entry.name}`),
  )
  .filter((file) => prefixes.length === 0 || prefixes.some((prefix) => file.startsWith(prefix)))
  .sort();

if (files.length === 0) {
  console.error(
    `No test file (*${suffix}) found${prefixes.length > 0 ? ` under ${prefixes.join(', ')}` : ''}.`,
  );
  process.exit(1);
}

/** Tests that register a backend, which a process does once. */
const alone = ['src/backend/', 'src/learning/training/start-backend.'];
const stories = files.filter((file) => file.startsWith('test/'));
const roomOf = (file) => file.split('/').slice(0, -1).slice(0, 2).join('/');
const kinds = [...new Set(files.filter((file) => file.startsWith('stages/')).map(roomOf))];

/**
 * The unit tests of a room share a process, since loading its modules takes longer than most tests.
 * So do several kinds, and stories, which only start processes of their own: eight groups of each,
 * so that both cores have work to the end.
 */
function processOf(file) {
  if (option !== undefined || alone.some((prefix) => file.startsWith(prefix))) return file;
  if (stories.includes(file)) return `test/${stories.indexOf(file) % 8}`;
  const room = roomOf(file);
  return kinds.includes(room) ? `stages/${kinds.indexOf(room) % 8}` : room;
}

/**
 * A program that runs test files one after the other, each as a suite, so that its hooks concern
 * only its own tests.
 */
const programOf = (files) =>
  `import { suite } from 'node:test';\n${files
    .map((file) => [file, pathToFileURL(resolve(file)).href].map((text) => JSON.stringify(text)))
    .map(([name, url]) => `await suite(${name}, async () => void (await import(${url})));\n`)
    .join('')}`;

const folder = mkdtempSync(join(tmpdir(), 'restage-tests-'));
const groups = [...new Set(files.map(processOf))].map((name, i) => {
  const group = files.filter((file) => processOf(file) === name);
  if (group.length === 1) return group[0];
  const program = join(folder, `${i}.mjs`);
  writeFileSync(program, programOf(group));
  return program;
});
// Programs, schedulers, servers and browsers are waited for, so three files keep two cores busy.
const concurrency = 3;
// A file that stands still fails by its name, instead of the whole run by CI's time.
const minutes = option === '--long' ? 120 : 20;
const limits = [`--test-concurrency=${concurrency}`, `--test-timeout=${minutes * 60_000}`];
const started = ['--import', 'tsx', '--test', ...limits];
// Whatever tests leave behind is gone with the folder. Daemons of other users may pass through it.
chmodSync(folder, 0o711);
const env = { ...process.env, TMPDIR: folder };
delete env._; // nohup, perhaps, which would be for the commands that tests start, too
const { status } = spawnSync(process.execPath, [...started, ...groups], { stdio: 'inherit', env });
try {
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
} catch (error) {
  console.warn(`${folder} cannot be removed: ${error.message}`);
}
process.exit(status ?? 1);
