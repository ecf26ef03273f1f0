// An assistant's client, the official one, asks a project by `restage mcp`.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, before, suite, test } from 'node:test';
import sharp from 'sharp';
import { noRegistry } from './support/registry.ts';
import { Project, pipeline } from './support/rig.ts';
import { writeUntrainedModel } from './support/untrained-model.ts';

/** The parts of the official client that are used here. */
interface Client {
  connect(transport: object): Promise<void>;
  close(): Promise<void>;
  listTools(): Promise<{ readonly tools: readonly { readonly name: string }[] }>;
  callTool(call: { readonly name: string; readonly arguments: object }): Promise<Answer>;
}
interface Answer {
  readonly isError?: boolean;
  readonly content: readonly { readonly text: string }[];
}

const yaml = `stages:
  faces:
    kind: load-dataset
    inputs: { images: ./photos }
    with: { seal: test }
  val:
    kind: evaluate
    inputs: { model: ./model, dataset: faces.dataset }
    with: { splits: [val], draws: 0 }
  scores:
    kind: evaluate
    inputs: { model: ./model, dataset: faces.dataset }
    with: { splits: [test], draws: 0 }
  roc:
    kind: roc-det
    inputs: { scores: [scores.scores] }
    with: { draws: 100 }
`;

suite('restage mcp', { skip: noRegistry ?? false }, () => {
  let project: Project;
  before(async () => {
    project = new Project(yaml);
    project.env['XDG_CONFIG_HOME'] = project.path('home');
    for (const split of ['train', 'val', 'test'])
      for (const name of ['real', 'fake']) {
        mkdirSync(project.path('photos', split, name), { recursive: true });
        for (let at = 0; at < 3; at += 1) {
          const shade = (at * 40 + split.length * 17 + name.charCodeAt(0)) % 256;
          await sharp({
            create: { width: 60, height: 60, channels: 3, background: { r: shade, g: at, b: 99 } },
          })
            .png()
            .toFile(project.path('photos', split, name, `${at}.png`));
        }
      }
    await writeUntrainedModel(project.path('model'));
    execFileSync('npm', ['install', '--no-save', '--ignore-scripts', '@modelcontextprotocol/sdk'], {
      cwd: project.root,
      stdio: 'pipe',
    });
  });
  const clients: Client[] = [];
  after(async () => {
    for (const client of clients) await client.close();
    project[Symbol.dispose]();
  });

  /** A client that has started the server, as assistants do. */
  async function connect(...options: readonly string[]): Promise<Client> {
    const require = createRequire(project.path('package.json'));
    const { Client } = require('@modelcontextprotocol/sdk/client/index.js');
    const { StdioClientTransport } = require('@modelcontextprotocol/sdk/client/stdio.js');
    const client = new Client({ name: 'test', version: '1' }, {});
    await client.connect(
      new StdioClientTransport({
        command: process.execPath,
        args: [pipeline, 'mcp', ...options],
        cwd: project.root,
      }),
    );
    clients.push(client);
    return client;
  }
  const ask = async (client: Client, name: string, given: object) => {
    const { isError = false, content } = await client.callTool({ name, arguments: given });
    return { isError, text: content[0]!.text };
  };

  test('it plans, explains and reads results, writes nothing, and never shows or runs what looks at sealed images', async () => {
    const file = 'test.yaml';
    const reader = await connect();
    const names = (await reader.listTools()).tools.map(({ name }) => name);
    assert.deepEqual(names, ['pipelines', 'plan', 'explain', 'results', 'compare']);
    assert.deepEqual(JSON.parse((await ask(reader, 'pipelines', {})).text), [file]);
    const plan = JSON.parse((await ask(reader, 'plan', { file })).text);
    assert.deepEqual(
      plan.map(({ stage, state }: { stage: string; state: string }) => [stage, state]),
      [
        ['faces', 'stale'],
        ['val', 'waiting'],
        ['scores', 'waiting'],
        ['roc', 'waiting'],
      ],
    );
    assert.match((await ask(reader, 'run', { file })).text, /There is no tool "run"/);
    const misspelt = await ask(reader, 'plan', { file: 'tset.yaml' });
    assert.ok(misspelt.isError);
    assert.match(misspelt.text, /test\.yaml/);
    assert.match((await ask(reader, 'plan', { file, set: ['--force'] })).text, /set\[0\]/);
    assert.ok(!project.has('cache/results') && !project.has('artifacts'));
    await reader.close();

    const runner = await connect('--allow-run');
    const refused = await ask(runner, 'run', { file });
    assert.ok(refused.isError);
    assert.match(refused.text, /^scores, roc would look at sealed images/);
    assert.ok(!project.has('ledger.jsonl'));
    const ran = await ask(runner, 'run', { file, stages: ['val'] });
    assert.ok(!ran.isError && JSON.parse(ran.text).ok, ran.text);
    // A person looks at them.
    assert.equal((await project.command('run', file)).code, 0);
    const rows = JSON.parse((await ask(runner, 'results', { file })).text);
    const of = (name: string) => rows.find(({ stage }: { stage: string }) => stage === name);
    assert.ok('val.auc' in of('val').numbers);
    assert.deepEqual(of('scores'), {
      stage: 'scores',
      kind: 'evaluate',
      state: 'up to date',
      sealed: true,
    });
    assert.equal(of('roc').sealed, true);
    const compared = await ask(runner, 'compare', { subjects: ['last~1', 'last'] });
    assert.ok(compared.isError);
    assert.match(compared.text, /sealed images/);
    const explained = JSON.parse((await ask(runner, 'explain', { file, stages: ['val'] })).text);
    assert.deepEqual(explained[0].changes, []);
    await runner.close();
  });
});
