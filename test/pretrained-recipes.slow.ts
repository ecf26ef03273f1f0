import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { noPyTorch } from './support/pytorch.ts';
import { Project, type RanOnce } from './support/rig.ts';

const page = readFileSync(new URL('../docs/onnx.md', import.meta.url), 'utf8');
const architectures = fileURLToPath(new URL('support/pytorch-architectures.py', import.meta.url));

/** The code of a language in the section of the page with this heading. */
function codeOf(heading: string, language: string): string {
  const section = page.slice(page.indexOf(`### ${heading}\n`));
  const [, code] = new RegExp(`\`\`\`${language}\n([^]*?)\`\`\``).exec(section)!;
  return code!;
}

/**
 * Runs a recipe of the page as it stands, but for two things: `made` makes the network with random
 * weights in place of the library's call, and few images train once.
 */
async function run(heading: string, call: RegExp, made: string): Promise<RanOnce> {
  const python = codeOf(heading, 'python');
  assert.match(python, call);
  const few = '{ kind: make-faces, with: { size: 64, images: { train: 4, val: 4, test: 4 } } }';
  const yaml = codeOf(heading, 'yaml')
    .replace('{ kind: make-faces }', few)
    .replace('batchSize: 16', 'batchSize: 4\n      epochs: 1');
  using project = new Project(yaml);
  mkdirSync(project.path('models'));
  const script = [
    'import runpy',
    `networks = runpy.run_path(${JSON.stringify(architectures)})["NETWORKS"]`,
    python.replace(/^import .*$/m, 'import torch').replace(call, made),
  ].join('\n');
  const { status, stderr } = spawnSync('/usr/bin/python3', ['-W', 'ignore', '-c', script], {
    cwd: project.root,
    encoding: 'utf8',
  });
  assert.equal(status, 0, stderr);
  return await project.run();
}

const allRan = { drawn: 'ran', faces: 'ran', fit: 'ran', maps: 'ran' };

suite('recipes that start from a pretrained network', { skip: noPyTorch ?? false }, () => {
  test('a network of timm trains by its ONNX file, and is explained', async () => {
    const call = /timm\.create_model\(.*?\)/;
    const ended = await run('timm, by ONNX', call, 'networks["deit_tiny"][0]()');
    assert.deepEqual(ended.outcomes, allRan, ended.stdout + ended.stderr);
    assert.match(ended.stdout, /The network of .*\.onnx up to /);
  });

  test('weights of torchvision fill resnet-18 from their .pth, all but its head', async () => {
    const call = /torchvision\.models\.resnet18\(.*?\)/;
    const ended = await run('torchvision, by its `.pth`', call, 'networks["resnet18"][0]()');
    assert.deepEqual(ended.outcomes, allRan, ended.stdout + ended.stderr);
    assert.match(ended.stdout, /Random, as part of the head: /);
  });
});
