// Packs src/backend as a package of its own, with nothing of the project around it:
//   node scripts/pack-backend.mjs [folder of the tarball; by default the current one]
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const destination = resolve(process.argv[2] ?? '.');
const {
  version,
  license,
  engines,
  dependencies,
  devDependencies,
  peerDependencies,
  peerDependenciesMeta,
} = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const manifest = {
  name: 'tfjs-backend-onnxruntime',
  version,
  description: 'Trains and runs TensorFlow.js models in Node at native speed, by ONNX Runtime.',
  license,
  type: 'module',
  engines,
  exports: {
    '.': { types: './dist/index.d.ts', default: './dist/index.js' },
    './package.json': './package.json',
  },
  files: ['dist', 'BENCHMARKS.md'],
  dependencies: { 'onnxruntime-node': dependencies['onnxruntime-node'] },
  // The optional peers of Restage are the packages of tfjs's other backends.
  peerDependencies: {
    '@tensorflow/tfjs': devDependencies['@tensorflow/tfjs'],
    ...peerDependencies,
  },
  peerDependenciesMeta,
};

const staging = mkdtempSync(join(tmpdir(), 'pack-backend-'));
try {
  const compiler = join(root, 'node_modules/typescript/bin/tsc');
  const options = ['-p', 'tsconfig.backend.json', '--outDir', join(staging, 'dist')];
  execFileSync(process.execPath, [compiler, ...options], { cwd: root, stdio: 'inherit' });
  writeFileSync(join(staging, 'package.json'), `${JSON.stringify(manifest, undefined, 2)}\n`);
  cpSync(join(root, 'src/backend/README.md'), join(staging, 'README.md'));
  cpSync(join(root, 'bench/backend/README.md'), join(staging, 'BENCHMARKS.md'));
  cpSync(join(root, 'LICENSE'), join(staging, 'LICENSE'));
  execFileSync('npm', ['pack', staging, '--pack-destination', destination, '--loglevel', 'error'], {
    stdio: 'inherit',
  });
} finally {
  rmSync(staging, { recursive: true });
}
