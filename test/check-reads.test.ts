import assert from 'node:assert/strict';
import { chmodSync } from 'node:fs';
import { test } from 'node:test';
import { whyNoTracing } from '../src/engine/execution/trace-reads.ts';
import { HostedProject as Project } from './support/hosted-project.ts';
import { processesIn } from './support/processes.ts';
import type { RanOnce } from './support/rig.ts';

const where = { skip: whyNoTracing() ?? false };

/** The message about the reads of each stage. */
const reads = ({ events }: RanOnce): Readonly<Record<string, string>> =>
  Object.fromEntries(
    events.flatMap((event) =>
      (event.type === 'info' || event.type === 'warning') && event.stage !== undefined
        ? [[event.stage, event.message]]
        : [],
    ),
  );

const warning = (files: string): string =>
  `read files of the project that it does not declare: ${files}. Name them under "inputs": otherwise changes to them go unnoticed`;
const nothing = 'read no file of the project but what it declares';

const yaml = `
stages:
  clean:
    kind: command
    inputs: { names: ./data/names.txt, more: ./more }
    outputs: { out: out/clean }
    with: { run: "cat \${inputs.names} data/names.txt more/deep/* > \${outputs.out}; echo x > made.txt; cat made.txt > /dev/null; head -c 1 /etc/passwd > /dev/null" }
  reads:
    kind: command
    inputs: { clean: clean.out }
    outputs: { out: out/reads }
    with: { run: "cp \${inputs.clean} \${outputs.out}; cat out/clean > /dev/null; cd conf; . ./settings.sh; sh -c 'cat ä?1.txt' > /dev/null; cat ../.git/HEAD ../.git/config > /dev/null; ls .. > /dev/null; test -f ../more/a" }
  late: { kind: command, after: clean, outputs: { out: out/late }, with: { run: "cp out/clean \${outputs.out}" } }
  runs:
    kind: command
    outputs: { out: out/runs }
    with: { run: "cd tools && ./say > \${outputs.out}; (setsid cat ../data/names.txt); ln ../conf/settings.sh \${outputs.out}.x" }
`;
const files = {
  'data/names.txt': 'Ada\n',
  'more/a': '',
  'more/deep/b': '',
  'conf/settings.sh': 'true\n',
  'conf/ä"1.txt': '',
  'tools/say': '#!/bin/sh\necho said\n',
  '.git/HEAD': '',
  '.git/config': '',
};

test(
  '--check-reads names the files of the project that a command reads without declaring them',
  where,
  async () => {
    using project = new Project(yaml, files);
    chmodSync(project.path('tools/say'), 0o755);
    const run = await project.run('--check-reads');
    assert.equal(run.code, 0, run.stdout);
    assert.deepEqual(reads(run), {
      clean: nothing,
      reads: warning('.git/ (2 of its files), conf/settings.sh, conf/ä"1.txt'),
      late: warning('out/clean'),
      runs: warning('conf/settings.sh, data/names.txt, tools/say'),
    });
    assert.equal(project.read('out/runs'), 'said\n');
    const notRun = 'did not run, so what it reads was not checked; with --force it runs';
    assert.deepEqual(reads(await project.run('--check-reads')), {
      clean: notRun,
      reads: notRun,
      late: notRun,
      runs: notRun,
    });
    assert.equal(reads(await project.run('--check-reads', '--force', 'clean'))['clean'], nothing);
  },
);

test('a traced command fails, times out and ends its children like any other', where, async () => {
  using project = new Project(
    `
stages:
  fails: { kind: command, outputs: { out: out/a }, with: { run: "cat data/names.txt; exit 7" } }
  killed: { kind: command, outputs: { out: out/b }, with: { run: "kill -TERM $$" } }
  slow: { kind: command, timeout: 2s, outputs: { out: out/c }, with: { run: "sh -c 'read _ < gate'" } }
`,
    files,
  );
  project.gate('gate');
  const run = await project.run('--check-reads');
  assert.equal(run.code, 1);
  assert.deepEqual(run.messages, {
    fails: 'exited with code 7: cat data/names.txt; exit 7',
    killed: 'was killed by SIGTERM: kill -TERM $$',
    slow: 'took longer than its timeout of 2 s',
  });
  assert.equal(reads(run)['fails'], warning('data/names.txt'));
  assert.deepEqual(processesIn(project.root), []);
});

test('without strace, --check-reads says what to install, and runs nothing', async () => {
  using project = new Project(yaml, files);
  project.env['PATH'] = '/nowhere';
  const { code, stdout, stderr } = await project.command('run', 'test.yaml', '--check-reads');
  assert.deepEqual(
    [code, stdout, stderr],
    [
      1,
      '',
      process.platform === 'linux'
        ? 'error: --check-reads: this needs strace, which is not installed: apt-get install strace (Debian, Ubuntu), dnf install strace (Fedora)\n'
        : 'error: --check-reads: this needs strace, which only Linux has: run it there, for instance in a container\n',
    ],
  );
  assert.deepEqual(project.files('out'), []);
});
