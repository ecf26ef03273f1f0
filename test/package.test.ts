import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { dirname, join, posix } from 'node:path';
import { test } from 'node:test';
import { inRepository, read } from './support/pages.ts';

const root = inRepository('.');

/** The tarball that `npm pack` would make: its bytes, and the paths in it. */
function packed(): { readonly size: number; readonly paths: ReadonlySet<string> } {
  const words = ['pack', '--dry-run', '--json', '--ignore-scripts'];
  const [{ size, files }] = JSON.parse(
    execFileSync('npm', words, { cwd: root, encoding: 'utf8', stdio: 'pipe' }),
  );
  return { size, paths: new Set(files.map(({ path }: { readonly path: string }) => path)) };
}

test('the package has its commands, its entry points with their types and every file that its pages link to, below 3 MB', () => {
  const { size, paths } = packed();
  const { bin, exports } = JSON.parse(read('package.json'));
  const entries = [...Object.values<string>(bin), ...Object.values<string>(exports['.'])].map(
    posix.normalize,
  );
  const pages = readdirSync(`${root}/docs`).filter(
    (name) => name.endsWith('.md') && !name.endsWith('study.md'),
  );
  const links = [
    'README.md',
    'src/backend/README.md',
    ...pages.map((name) => `docs/${name}`),
  ].flatMap((page) =>
    Array.from(read(page).matchAll(/\]\(([^):#]+)(?:#[^)]*)?\)/g), ([, to]) =>
      posix.join(posix.dirname(page), to!),
    ),
  );
  assert.ok(links.length > 20);
  assert.deepEqual(
    // Pictures of the gallery are on the site: they would be half of the package.
    [...entries, ...links].filter((path) => !paths.has(path) && !path.startsWith('docs/gallery/')),
    [],
  );
  assert.ok(size < 3_000_000, `${size} bytes`);
});

test('what answers a remembered run stands alone: it requires only modules of Node, and is in the package without what it compiles', () => {
  const start = read('dist/start.cjs');
  const required = Array.from(start.matchAll(/\brequire\("([^"]+)"\)/g), ([, name]) => name!);
  assert.ok(required.includes('node:fs'));
  assert.deepEqual(
    required.filter((name) => !isBuiltin(name)),
    [],
  );
  const imported = Array.from(start.matchAll(/\bimport\("([^"]+)"\)/g), ([, name]) => name!);
  assert.deepEqual(imported.sort(), ['./glob.js', './main.js']);

  const kept = join(root, 'dist/compile-cache/kept');
  mkdirSync(dirname(kept), { recursive: true });
  writeFileSync(kept, '');
  const { paths } = packed();
  rmSync(kept);
  assert.ok(paths.has('dist/start.cjs'));
  assert.deepEqual(
    [...paths].filter((path) => path.startsWith('dist/compile-cache')),
    [],
  );
});

test('npm ci runs no install script of onnxruntime-node, which would download CUDA libraries', () => {
  // npm 11 reads `allowScripts`, npm 10 the lock file. `npm install` may write the line again:
  // delete it.
  const { allowScripts } = JSON.parse(read('package.json'));
  assert.equal(allowScripts['onnxruntime-node'], false);
  const { packages } = JSON.parse(read('package-lock.json'));
  assert.equal(packages['node_modules/onnxruntime-node'].hasInstallScript, undefined);
});
