import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { build, type Plugin } from 'esbuild';
import { globSync } from 'tinyglobby';

const require = createRequire(import.meta.url);
/** The package's main file lies in `dist`, beside its operation tests. */
const CORE = dirname(require.resolve('@tensorflow/tfjs-core'));

interface SpecBundle {
  /** The test files in it, relative to tfjs-core's `dist`. */
  readonly files: readonly string[];
  /** A CommonJS program that defines the specs with jasmine's globals. */
  readonly code: string;
}

/**
 * Bundles tfjs-core's own operation tests with this backend. They are published as modules that
 * Node does not load, and reach into modules that the package's main file does not share; in one
 * bundle there is one tfjs-core for both.
 */
export async function bundleSpecs(backend: string): Promise<SpecBundle> {
  const files = globSync('**/*_test.js', { cwd: CORE }).sort();
  const { outputFiles } = await build({
    stdin: {
      contents: ['set-up', ...files.map((file) => `${CORE}/${file}`)]
        .map((path) => `import '${path}';`)
        .join('\n'),
      resolveDir: import.meta.dirname,
    },
    plugins: [setUp(backend), jasmineOfTheRun],
    bundle: true,
    write: false,
    format: 'cjs',
    platform: 'node',
    mainFields: ['module', 'main'],
    external: ['onnxruntime-node'],
    // tfjs-core declares its tests to be without side effects, so that bundlers leave them out.
    ignoreAnnotations: true,
    logLevel: 'error',
  });
  return { files, code: outputFiles[0]?.text ?? '' };
}

/**
 * Has to run before the first test file, which asks for the environments to test in as soon as it
 * is loaded. Every spec is also held to leave no data behind that no tensor refers to, on this
 * backend or on the cpu that stands in for it.
 */
function setUp(backend: string): Plugin {
  const contents = `
    import '${CORE}/public/chained_ops/register_all_chained_ops.js';
    import '${CORE}/register_all_gradients.js';
    import '@tensorflow/tfjs-backend-cpu';
    import { engine } from '@tensorflow/tfjs-core';
    import { setTestEnvs } from '${CORE}/jasmine_util.js';
    import { registerOnnxRuntimeBackend } from '../registration/register.ts';
    registerOnnxRuntimeBackend({ threads: 1, warn: () => {} });
    setTestEnvs([{ name: '${backend}', backendName: '${backend}', isDataSync: true }]);

    const heldBy = (name) => engine().registry[name]?.numDataIds?.() ?? 0;
    const unowned = () => heldBy('${backend}') + heldBy('cpu') - engine().state.numDataBuffers;
    let before = 0;
    beforeEach(() => { before = unowned(); });
    afterEach(() => expect(unowned() - before).withContext('data that no tensor refers to').toBeLessThanOrEqual(0));`;
  return virtual(/^set-up$/, contents);
}

/**
 * tfjs-core's test helpers ask for an inner file of an older jasmine, only to set a time limit
 * there.
 */
const jasmineOfTheRun = virtual(/^jasmine-core\//, 'module.exports = { core: () => jasmine };');

function virtual(filter: RegExp, contents: string): Plugin {
  const namespace = `virtual ${filter}`;
  return {
    name: namespace,
    setup({ onResolve, onLoad }) {
      onResolve({ filter }, ({ path }) => ({ path, namespace }));
      onLoad({ filter: /.*/, namespace }, () => ({ contents, resolveDir: import.meta.dirname }));
    },
  };
}
