import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bothShells } from './support/both-shells.ts';
import { HostedProject as Project } from './support/hosted-project.ts';
import { temporaryFolder } from './support/temporary-folder.ts';

const evil = '$(touch PWNED)`touch PWNED`"; touch PWNED; "\'; touch PWNED; \' * !';
const yaml = `params: { z: one }
stages:
  say:
    kind: command
    inputs: { one: "./one.txt", all: "data/*.txt", folder: ./data }
    outputs: { out: out/say.txt }
    with:
      run: |
        { printf '%s\\n' \${params.z} "<\${params.z}>" '<\${params.z}>' "$(printf %s "\${params.z}")"
        cat \${inputs.one} "\${inputs.one}" '\${inputs.one}'
        cat \${inputs.all} "\${inputs.folder}"*; xargs -d '\\n' cat < "\${inputs.all.list}"
        sh -c 'cat "$1"' sh \${inputs.one}
        cat <<E; cat <<'E'
        <\${params.z}>
        E
        <\${params.z}>
        E
        } > "\${outputs.out}"
`;

test('hostile names of project, folders and files, and a hostile parameter, reach programs unchanged', async (t) => {
  const files = { 'one.txt': '1\n', [`data/${evil}.txt`]: '2\n', "data/it's.txt": '3\n' };
  for (const { name, path } of bothShells(temporaryFolder(t))) {
    using project = new Project(yaml, files, evil.replaceAll('/', ''));
    project.env['PATH'] = path;
    const { code, stderr, outcomes } = await project.run(
      '--set',
      `params.z=${JSON.stringify(evil)}`,
    );
    assert.deepEqual(
      { code, stderr, outcomes },
      { code: 0, stderr: '', outcomes: { say: 'ran' } },
      name,
    );
    const quoted = `<${evil}>`;
    const expected = [
      evil,
      quoted,
      quoted,
      evil,
      '1',
      '1',
      '1',
      '2',
      '3',
      '2',
      '3',
      '2',
      '3',
      '1',
      quoted,
      quoted,
    ];
    assert.deepEqual(project.read('out/say.txt').trimEnd().split('\n'), expected, name);
    assert.deepEqual(
      project.files('.').filter((path) => path.includes('PWNED') && !path.includes('touch')),
      [],
    );
    project.edit(
      'pipelines/test.yaml',
      'sh -c \'cat "$1"\' sh ${inputs.one}',
      'sh -c "cat ${inputs.one}"',
    );
    for (const reader of ['sh -', '. /dev/stdin']) {
      using attacked = new Project(
        `params: { z: "$(touch PWNED)" }\nstages: { say: { kind: command, with: { run: "${reader} <<E\\necho \${params.z}\\nE\\n" } } }`,
      );
      const ended = await attacked.command('run', 'test.yaml');
      assert.match(
        ended.stderr,
        /"\$\{params\.z\}" is inside code for (sh|\.), and "\$\(touch PWNED\)" is not a plain word/,
      );
      assert.deepEqual([ended.code, attacked.has('PWNED')], [1, false]);
    }
    assert.match(
      (await project.command('run', 'test.yaml')).stdout,
      /"\$\{inputs\.one\}" is inside code for sh, and ".*" is not a plain word\. Pass it as an argument: sh -c '… "\$1" …' sh \$\{inputs\.one\}/,
    );
  }
});
