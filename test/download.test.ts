import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { HostedProject as Project } from './support/hosted-project.ts';
import { smallOnnx } from './support/small-onnx.ts';

const network = smallOnnx();
const sha256 = createHash('sha256').update(network).digest('hex');

test('a published network is fetched once, verified by its SHA-256, and read by any stage', async (t) => {
  const asked: (string | undefined)[] = [];
  const server = createServer(({ url }, response) => {
    asked.push(url);
    response.end(network);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}/releases/v1/small.onnx?download=true`;
  using project = new Project(`params: { sha256: ${sha256.toUpperCase()} }
stages:
  backbone: { kind: download, with: { files: [{ url: "${url}", sha256: "\${params.sha256}" }] } }
  layers: { kind: network, inputs: { onnx: backbone.files } }
`);
  mkdirSync(project.path('cache'));

  const first = await project.run();
  assert.deepEqual(first.outcomes, { backbone: 'ran', layers: 'ran' }, first.stdout);
  assert.match(project.read('artifacts/test/layers/layers.csv'), /^fc,Gemm,2 values,10,8$/m);
  assert.deepEqual(project.files('artifacts/test/backbone/files'), ['small.onnx']);
  assert.deepEqual(asked, ['/releases/v1/small.onnx?download=true']);

  const wrong = '0'.repeat(64);
  const { messages } = await project.run('--set', `params.sha256="${wrong}"`);
  const place = project.path(`cache/downloads/${wrong}-small.onnx`);
  assert.deepEqual(messages, {
    backbone: `Expected sha256 ${wrong} of ${url}, got ${sha256}: the checksum is of another file, or the server sent something else, such as a page. Correct the checksum, or put the right file at ${place}.`,
    layers: 'waits for backbone, which failed',
  });
  assert.equal(asked.length, 2);

  project.remove('cache/results');
  const again = await project.run();
  assert.deepEqual(again.outcomes, { backbone: 'ran', layers: 'ran' });
  assert.equal(asked.length, 2);
});

test('an address without a checksum or a name is a mistake of the file, and so are two files of one name', async () => {
  using project = new Project(`stages:
  a: { kind: download, with: { files: [{ url: ftp://example.org/a.onnx, sha256: abc }] } }
  b: { kind: download, with: { files: [{ url: https://example.org/, sha256: ${sha256} }] } }
  c:
    kind: download
    with:
      files:
        - { url: https://example.org/a/net.onnx, sha256: ${sha256} }
        - { url: https://example.org/b/net.onnx, sha256: ${sha256} }
  d: { kind: download, with: { files: [{ url: https://example.org/a, sha256: ${sha256}, name: ../a }] } }
`);
  const { stderr } = await project.command('plan');
  const errors = stderr.split('\n').flatMap((line) => /: error: (.*) \[/.exec(line)?.[1] ?? []);
  assert.deepEqual(errors, [
    'Invalid "with.files[0].url": expected an address that begins with https:// or http://, got "ftp://example.org/a.onnx"',
    'Invalid "with.files[0].sha256": expected a SHA-256: 64 hexadecimal digits, as sha256sum prints it, got "abc"',
    'Invalid "with.files[0]": expected "name" beside an address that does not end with the name of a file',
    'Invalid "with.files": expected files of different names: give one of them another `name`',
    'Invalid "with.files[0].name": expected the name of a file, without folders, got "../a"',
  ]);
});
