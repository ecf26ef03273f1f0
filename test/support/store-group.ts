import assert from 'node:assert/strict';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { HostedProject as Project } from './hosted-project.ts';
import { print } from './two-stages.ts';

/** A stage whose output is large, between two whose outputs are small. */
export const chain = `stages:
  shout:
    kind: command
    inputs: { text: ./in.txt }
    outputs: { text: out/shout.txt }
    with: { run: "echo shouting; tr a-z A-Z < \${inputs.text} > \${outputs.text}" }
  grow:
    kind: command
    inputs: { text: shout.text }
    outputs: { text: out/grow.txt }
    with: { run: "cat \${inputs.text} > \${outputs.text}; head -c 3000000 /dev/zero >> \${outputs.text}" }
  count:
    kind: command
    inputs: { text: grow.text }
    outputs: { text: out/count.txt }
    with: { run: "wc -c < \${inputs.text} > \${outputs.text}" }
`;

/** A project that has run and shared its results, and a clone with the files that Git has. */
export async function group(yaml = chain, files: Readonly<Record<string, string>> = {}) {
  const maker = new Project(yaml, { 'in.txt': 'abc\n', ...files }, 'maker');
  maker.env['XDG_CONFIG_HOME'] = maker.path('..', 'config');
  await print(maker, 'store', 'init', '../shared');
  assert.equal((await maker.run()).code, 0);
  const clone = new Project(yaml, {
    ...files,
    'store.yaml': maker.read('store.yaml').replace('../shared', maker.path('../shared')),
  });
  clone.env['XDG_CONFIG_HOME'] = clone.path('config');
  const shared = maker.path('..', 'shared');
  const filesOf = (folder: string) =>
    (readdirSync(join(shared, folder), { recursive: true }) as string[])
      .map((name) => join(shared, folder, name))
      .filter((path) => statSync(path).isFile());
  return {
    maker,
    clone,
    shared,
    filesOf,
    [Symbol.dispose]: () => [maker, clone].map((project) => project[Symbol.dispose]()),
  };
}
