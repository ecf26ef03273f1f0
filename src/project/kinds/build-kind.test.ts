import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { type TestContext, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { temporaryFolder, writeFiles } from '../../../test/support/temporary-folder.ts';
import { formatWarning } from '../../engine/diagnostics/format-diagnostic.ts';
import { pathSignature } from '../../engine/files/walk-tree.ts';
import { buildKind } from './build-kind.ts';

type Files = Readonly<Record<string, string>>;

/** A module whose `h` is a text. */
const exporting = (text: string): string => `export const h = '${text}';`;

type KindCode = Awaited<ReturnType<typeof buildKind>>;

/**
 * A project whose kind `own` has the given `run.ts`, built and run by Node from a folder on another
 * path.
 */
class OwnKind {
  readonly root: string;
  readonly #elsewhere: string;

  constructor(t: TestContext, files: Readonly<Record<string, string>>) {
    const folder = temporaryFolder(t);
    this.root = writeFiles(join(folder, 'project'), {
      'stages/own/spec.ts': 'export const spec = 1;',
      ...files,
    });
    this.#elsewhere = join(folder, 'elsewhere');
    mkdirSync(this.#elsewhere);
  }

  /** Installs the package `dep`, whose code exports its version. */
  install(folder: string, version: string): void {
    writeFiles(join(this.root, folder), {
      'package.json': JSON.stringify({
        name: 'dep',
        version,
        type: 'module',
        exports: { '.': './dep.js' },
      }),
      'dep.js': `export const version = '${version}';`,
    });
  }

  async build(): Promise<KindCode> {
    const folder = join(this.root, 'stages/own');
    return await buildKind(
      'own',
      { spec: join(folder, 'spec.ts'), run: join(folder, 'run.ts') },
      this.root,
    );
  }

  /** The default export of `run.ts`, and the packages that are part of the version. */
  async run(): Promise<{
    readonly value: unknown;
    readonly packages: readonly string[];
    readonly code: KindCode;
  }> {
    const code = await this.build();
    const file = join(this.#elsewhere, 'run.mjs');
    writeFileSync(file, code.modules.run);
    const print = `import(${JSON.stringify(pathToFileURL(file).href)}).then((run) => console.log(JSON.stringify(run.default)))`;
    const value = JSON.parse(execFileSync(process.execPath, ['-e', print], { encoding: 'utf8' }));
    const packages = Object.keys(code.sources).filter((name) => code.sources[name] === '');
    return { value, packages, code };
  }

  async warnings(): Promise<readonly string[]> {
    return (await this.build()).warnings.map(formatWarning);
  }
}

const importsDep = `import { version } from 'dep'; export default version;`;

test('the package in the version is the one that runs: the nearest to the source', async (t) => {
  const kind = new OwnKind(t, { 'stages/own/run.ts': importsDep });
  kind.install('node_modules/dep', '9.0.0');
  const far = await kind.run();
  assert.deepEqual([far.value, far.packages], ['9.0.0', ['dep@9.0.0']]);
  kind.install('stages/own/node_modules/dep', '1.0.0');
  const near = await kind.run();
  assert.deepEqual([near.value, near.packages], ['1.0.0', ['dep@1.0.0']]);
  assert.notEqual(near.code.version, far.code.version);
  assert.equal(
    near.code.modules.run.includes("version = '"),
    false,
    'the package is in the bundle',
  );
});

test('the bundle holds the location of the project, the version does not', async (t) => {
  const kind = new OwnKind(t, { 'stages/own/run.ts': importsDep });
  kind.install('node_modules/dep', '1.0.0');
  const { version, modules } = await kind.build();
  const moved = new OwnKind(t, {});
  renameSync(join(kind.root, 'node_modules'), join(moved.root, 'node_modules'));
  renameSync(join(kind.root, 'stages/own/run.ts'), join(moved.root, 'stages/own/run.ts'));
  const { value, code } = await moved.run();
  assert.equal(value, '1.0.0');
  assert.equal(code.version, version);
  assert.notEqual(code.modules.run, modules.run);
});

test('import and require each find what a package has for them, and its parts', async (t) => {
  const kind = new OwnKind(t, {
    'stages/own/run.ts': `
import { form } from '@two/forms'; import part from '@two/forms/part'; import old from './old.cjs';
const later = await import('@two/forms');
export default [form, part, old, later.form];`,
    'stages/own/old.cjs': `module.exports = [require('@two/forms').form, typeof require('fs').statSync];`,
    'node_modules/@two/forms/package.json': JSON.stringify({
      name: '@two/forms',
      version: '2.1.0',
      exports: {
        '.': { module: './no.js', import: './form.mjs', require: './form.cjs' },
        './part': './part.cjs',
      },
    }),
    'node_modules/@two/forms/form.mjs': `export const form = 'module';`,
    'node_modules/@two/forms/form.cjs': `exports.form = 'script';`,
    'node_modules/@two/forms/part.cjs': `module.exports = 'part';`,
  });
  const { value, packages } = await kind.run();
  assert.deepEqual(value, ['module', 'part', ['script', 'function'], 'module']);
  assert.deepEqual(packages, ['@two/forms@2.1.0']);
});

test('a package that is a link to other sources, or that has no version, counts by its contents', async (t) => {
  const kind = new OwnKind(t, {
    'stages/own/run.ts': `import { a } from 'linked'; import { b } from 'bare'; export default a + b;`,
    'packages/linked/package.json': JSON.stringify({
      name: 'linked',
      version: '1.0.0',
      main: 'index.ts',
    }),
    'packages/linked/index.ts': `import { version } from 'dep'; export const a: string = version + ' a';`,
    'node_modules/bare/index.js': `exports.b = ' b';`,
  });
  kind.install('packages/linked/node_modules/dep', '3.0.0');
  symlinkSync('../packages/linked', join(kind.root, 'node_modules/linked'));
  const { value, packages, code } = await kind.run();
  assert.equal(value, '3.0.0 a b');
  assert.deepEqual(packages, ['dep@3.0.0']);
  const files = code.files.map((path) => relative(kind.root, path)).sort();
  assert.deepEqual(files, [
    'node_modules/bare/index.js',
    'packages/linked/index.ts',
    'stages/own/run.ts',
    'stages/own/spec.ts',
  ]);
});

test('with two versions of one package, it counts which file imports which', async (t) => {
  const kind = new OwnKind(t, {
    'stages/own/run.ts': `import { version } from 'dep'; import b from '../../lib/b.js'; export default [version, b];`,
    'lib/b.js': `import { version } from 'dep'; export default version;`,
  });
  kind.install('stages/own/node_modules/dep', '1.0.0');
  kind.install('lib/node_modules/dep', '2.0.0');
  const before = await kind.run();
  assert.deepEqual(before.value, ['1.0.0', '2.0.0']);
  kind.install('stages/own/node_modules/dep', '2.0.0');
  kind.install('lib/node_modules/dep', '1.0.0');
  const after = await kind.run();
  assert.deepEqual(after.value, ['2.0.0', '1.0.0']);
  assert.notEqual(after.code.version, before.code.version);
});

test('a package that is not installed fails the build, unless it is imported at run time', async (t) => {
  const kind = new OwnKind(t, { 'stages/own/run.ts': importsDep });
  await assert.rejects(kind.build(), /stages\/own\/run\.ts:1:24: ERROR: Could not resolve "dep"/);
  writeFiles(kind.root, {
    'stages/own/run.ts': `let found = 'nothing'; try { found = (await import('dep')).version; } catch (error) { found = error.code; } export default found;`,
  });
  const without = await kind.run();
  assert.deepEqual([without.value, without.packages], ['ERR_MODULE_NOT_FOUND', ['dep']]);
  kind.install('node_modules/dep', '1.0.0');
  const { value, packages } = await kind.run();
  assert.deepEqual([value, packages], ['1.0.0', ['dep@1.0.0']]);
});

test('code that asks for its location gets that of its source, and a warning says that this does not count', async (t) => {
  const kind = new OwnKind(t, {
    'stages/own/run.ts': `import { readFileSync } from 'node:fs';
// import.meta is not used here
const text = readFileSync(new URL('./words.txt', import.meta.url), 'utf8');
import folder from './sub/folder.cjs';
import './said.ts';
export default [text, folder];`,
    'stages/own/words.txt': 'words',
    'stages/own/sub/folder.cjs': 'module.exports = __dirname;',
    'stages/own/said.ts': '// in a comment only: import.meta.url\nexport {};',
  });
  const { value, code } = await kind.run();
  assert.deepEqual(value, ['words', join(kind.root, 'stages/own/sub')]);
  const told = (place: string) =>
    `${place}: The code of the kind "own" depends on its own location: editing files that it finds from there will not rerun its stages. Import that file, or make it an input.`;
  assert.deepEqual(code.warnings.map(formatWarning).sort(), [
    told('stages/own/run.ts:3:50'),
    told('stages/own/sub/folder.cjs:1:18'),
  ]);
});

test('an import whose name is known only at run time gets a warning at its place', async (t) => {
  const kind = new OwnKind(t, {
    'stages/own/run.ts': `const name: string = 'x'; const é = 1;
export const run = async () => { /* é */ await import(name); };
import old from './old.cjs'; export default [old, é];`,
    'stages/own/old.cjs': `exports.a = () => require(process.env.X);\r\nconst load = require;\r\nexports.load = load;`,
  });
  const hint =
    'a change of that module will not rerun its stages. Write the name out, or as a template such as `./parts/${name}.ts`, which takes every file that fits.';
  assert.deepEqual((await kind.warnings()).toSorted(), [
    `stages/own/old.cjs:1:19: The kind "own" requires a module whose name is computed: ${hint}`,
    `stages/own/old.cjs:2:14: The kind "own" passes \`require\` on: ${hint}`,
    `stages/own/run.ts:2:48: The kind "own" imports a module whose name is computed: ${hint}`,
  ]);
});

test('a template takes every file that fits, and JSON is bundled, without a warning', async (t) => {
  const kind = new OwnKind(t, {
    'stages/own/run.ts': `import words from './words.json' with { type: 'json' };
const say = async (name: string) => (await import(\`./parts/\${name}.ts\`)).default;
export default [await say('a'), words];`,
    'stages/own/parts/a.ts': `export default 'part a';`,
    'stages/own/words.json': '["word"]',
  });
  const { value, code } = await kind.run();
  assert.deepEqual(value, ['part a', ['word']]);
  assert.deepEqual(code.warnings, []);
  writeFiles(kind.root, { 'stages/own/parts/b.ts': `export default 'part b';` });
  assert.notEqual((await kind.build()).version, code.version);
});

test('a native add-on is loaded from its own place, and counts by its contents', async (t) => {
  const kind = new OwnKind(t, {
    'stages/own/run.ts': `let code = ''; try { require('./addon.node'); } catch (error) { code = error.code; } export default code;`,
    'stages/own/addon.node': 'no program',
  });
  const { value, code } = await kind.run();
  assert.equal(value, 'ERR_DLOPEN_FAILED');
  writeFiles(kind.root, { 'stages/own/addon.node': 'another' });
  assert.notEqual((await kind.build()).version, code.version);
});

test('the paths that were looked at are those where something new would take precedence', async (t) => {
  const kind = new OwnKind(t, {
    'stages/own/run.ts': `import { version } from 'dep'; import './helper'; export default version;`,
    'stages/own/helper/index.js': '',
  });
  kind.install('node_modules/dep', '1.0.0');
  const { looked } = await kind.build();
  for (const path of [
    'stages/own', // helper.ts
    'stages/own/helper', // index.ts
    'stages/own/node_modules/dep',
    'stages/node_modules/dep',
    'node_modules/dep',
    'node_modules/dep/package.json',
    'stages/own/tsconfig.json',
  ]) {
    assert.ok(looked.includes(join(kind.root, path)), path);
  }
});

test('the manifest of an imported folder was looked at, since it says which file is meant', async (t) => {
  const kind = new OwnKind(t, {
    'stages/own/run.ts': `import { h } from './lib'; export default h;`,
    'stages/own/lib/package.json': '{ "main": "a.js" }',
    'stages/own/lib/a.js': `export const h = 'a';`,
    'stages/own/lib/b.js': `export const h = 'b';`,
  });
  assert.equal((await kind.run()).value, 'a');
  const { looked } = await kind.build();
  assert.ok(looked.includes(join(kind.root, 'stages/own/lib/package.json')));
  writeFiles(kind.root, { 'stages/own/lib/package.json': '{ "main": "b.js" }' });
  assert.equal((await kind.run()).value, 'b');
});

/** Changes that change what an import finds, by what they do. */
const changes: Readonly<Record<string, readonly [files: Files, change: Files]>> = {
  'another main of a folder': [
    {
      'lib/package.json': '{ "main": "a.js" }',
      'lib/a.js': exporting('a'),
      'lib/b.js': exporting('b'),
    },
    { 'lib/package.json': '{ "main": "b.js" }' },
  ],
  'a manifest that a folder did not have': [
    { 'lib/index.js': exporting('a'), 'lib/b.js': exporting('b') },
    { 'lib/package.json': '{ "main": "b.js" }' },
  ],
  'a file that a manifest names and that was missing': [
    {
      'lib/package.json': '{ "main": "./src/b.js" }',
      'lib/index.js': exporting('a'),
      'lib/src/c.js': '',
    },
    { 'lib/src/b.js': exporting('b') },
  ],
  'an index of another extension': [
    { 'lib/index.js': exporting('a') },
    { 'lib/index.ts': exporting('b') },
  ],
  'a file beside the folder': [{ 'lib/index.js': exporting('a') }, { 'lib.js': exporting('b') }],
  'an extension that comes first': [{ 'lib.js': exporting('a') }, { 'lib.ts': exporting('b') }],
  'a file of TypeScript where JavaScript is named': [
    { 'run.ts': `import { h } from './lib.js'; export default h;`, 'lib.ts': exporting('a') },
    { 'lib.js': exporting('b') },
  ],
  'paths of a configuration': [
    {
      'run.ts': `import { h } from '@/lib'; export default h;`,
      'tsconfig.json': '{ "compilerOptions": { "paths": { "@/*": ["./one/*"] } } }',
      'one/lib.ts': exporting('a'),
      'two/lib.ts': exporting('b'),
    },
    { 'tsconfig.json': '{ "compilerOptions": { "paths": { "@/*": ["./two/*"] } } }' },
  ],
  'a configuration that another one extends': [
    {
      'run.ts': `import { h } from '@/lib'; export default h;`,
      'tsconfig.json': '{ "extends": "./conf/base.json" }',
      'conf/base.json': '{ "compilerOptions": { "paths": { "@/*": ["../one/*"] } } }',
      'one/lib.ts': exporting('a'),
      'two/lib.ts': exporting('b'),
    },
    { 'conf/base.json': '{ "compilerOptions": { "paths": { "@/*": ["../two/*"] } } }' },
  ],
  'a first place of paths that was missing': [
    {
      'run.ts': `import { h } from '@/lib'; export default h;`,
      'tsconfig.json': '{ "compilerOptions": { "paths": { "@/*": ["./two/*", "./one/*"] } } }',
      'one/lib.ts': exporting('a'),
      'two/other.ts': '',
    },
    { 'two/lib.ts': exporting('b') },
  ],
  'another main of a package that counts by its contents': [
    {
      'run.ts': `import { h } from 'dep'; export default h;`,
      'node_modules/dep/package.json': '{ "main": "a.js" }',
      'node_modules/dep/a.js': exporting('a'),
      'node_modules/dep/b.js': exporting('b'),
    },
    { 'node_modules/dep/package.json': '{ "main": "b.js" }' },
  ],
  'another main of a folder in such a package': [
    {
      'run.ts': `import { h } from 'dep/lib'; export default h;`,
      'node_modules/dep/package.json': '{}',
      'node_modules/dep/lib/package.json': '{ "main": "a.js" }',
      'node_modules/dep/lib/a.js': exporting('a'),
      'node_modules/dep/lib/b.js': exporting('b'),
    },
    { 'node_modules/dep/lib/package.json': '{ "main": "b.js" }' },
  ],
  'exports of such a package': [
    {
      'run.ts': `import { h } from 'dep'; export default h;`,
      'node_modules/dep/package.json': '{ "exports": "./a.js" }',
      'node_modules/dep/a.js': exporting('a'),
      'node_modules/dep/b.js': exporting('b'),
    },
    { 'node_modules/dep/package.json': '{ "exports": "./b.js" }' },
  ],
  'an import of the manifest around': [
    {
      'run.ts': `import { h } from '#lib'; export default h;`,
      'package.json': '{ "imports": { "#lib": "./a.js" } }',
      'a.js': exporting('a'),
      'b.js': exporting('b'),
    },
    { 'package.json': '{ "imports": { "#lib": "./b.js" } }' },
  ],
};

for (const [what, [files, change]] of Object.entries(changes)) {
  test(`what changes what an import finds was looked at: ${what}`, async (t) => {
    const inKind = (some: Files) =>
      Object.fromEntries(Object.entries(some).map(([path, text]) => [`stages/own/${path}`, text]));
    const run = `import { h } from './lib'; export default h;`;
    const kind = new OwnKind(t, inKind({ 'run.ts': run, ...files }));
    const { value, code } = await kind.run();
    assert.equal(value, 'a');
    const places = [...code.files, ...code.looked];
    const takeSignatures = () => places.map((path) => pathSignature(path).signature);
    const before = takeSignatures();
    writeFiles(kind.root, inKind(change));
    assert.equal((await kind.run()).value, 'b');
    assert.notDeepEqual(takeSignatures(), before);
  });
}

test('what changes what an import finds was looked at: a link, or a link around it, that leads elsewhere', async (t) => {
  for (const [link, path] of [
    ['stages/own/lib', './lib'],
    ['stages/own/around', './around/lib'],
  ] as const) {
    const inside = path === './lib' ? '' : 'lib/';
    const kind = new OwnKind(t, {
      'stages/own/run.ts': `import { h } from '${path}'; export default h;`,
      [`one/${inside}index.js`]: exporting('a'),
      [`two/${inside}index.js`]: exporting('b'),
    });
    symlinkSync(join(kind.root, 'one'), join(kind.root, link));
    const { value, code } = await kind.run();
    const takeSignatures = () =>
      [...code.files, ...code.looked].map((path) => pathSignature(path).signature);
    const before = takeSignatures();
    rmSync(join(kind.root, link));
    symlinkSync(join(kind.root, 'two'), join(kind.root, link));
    assert.deepEqual([value, (await kind.run()).value], ['a', 'b']);
    assert.notDeepEqual(takeSignatures(), before);
  }
});
