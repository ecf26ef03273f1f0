import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Project } from './support/rig.ts';

const copy = `
stages:
  copy: { kind: command, inputs: { data: ./data/file }, outputs: { text: out/text }, with: { run: "cat \${inputs.data} > \${outputs.text}" } }
`;
const program = `
import mmap, sys
file = open(sys.argv[1], 'r+b')
mapping = mmap.mmap(file.fileno(), 0)
for line in sys.stdin:
    mapping[0:1] = line[0:1].encode()
    print('written', flush=True)
`;
const shared = '/dev/shm';
const where = {
  skip:
    (!existsSync(shared) && `there is no ${shared}`) ||
    (spawnSync('python3', ['-c', 'import mmap']).status !== 0 && 'there is no python3'),
};

/** A process that maps `data/file` of a project, whose content is "old", shared and writable. */
class Writer implements Disposable {
  readonly #folder = mkdtempSync(join(shared, 'restage-test-'));
  readonly #file = join(this.#folder, 'file');
  readonly #child: ChildProcess;

  constructor(project: Project) {
    writeFileSync(this.#file, 'old');
    symlinkSync(this.#folder, project.path('data'));
    this.#child = spawn('python3', ['-c', program, this.#file], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
  }

  /**
   * Changes the first character. Only the first change sets new times, as long as the page stays in
   * memory.
   */
  async write(character: string): Promise<void> {
    this.#child.stdin!.write(`${character}\n`);
    await once(this.#child.stdout!, 'data');
  }

  /** The same, and asserts that no time changes. */
  async writeUnseen(character: string): Promise<void> {
    const before = statSync(this.#file, { bigint: true });
    await this.write(character);
    const after = statSync(this.#file, { bigint: true });
    assert.deepEqual([after.mtimeNs, after.ctimeNs], [before.mtimeNs, before.ctimeNs]);
  }

  [Symbol.dispose](): void {
    this.#child.kill('SIGKILL');
    rmSync(this.#folder, { recursive: true });
  }
}

test(
  'run --rehash notices a change by a shared mapping without new times, and corrects the remembered digest',
  where,
  async () => {
    using project = new Project(copy);
    using writer = new Writer(project);
    await writer.write('o');
    assert.deepEqual((await project.run()).outcomes, { copy: 'ran' });
    project.letHoursPass(1);
    await project.command('run', 'test.yaml');
    await writer.writeUnseen('O');
    assert.deepEqual((await project.run()).outcomes, { copy: 'up to date' }, 'times cannot tell');
    assert.match(
      (await project.command('run', 'test.yaml', '--rehash', '--dry-run')).stdout,
      /input data changed/,
    );
    assert.deepEqual((await project.run('--rehash')).outcomes, { copy: 'ran' });
    assert.equal(project.read('out/text'), 'Old');
    assert.match((await project.command('run', 'test.yaml')).stdout, /1 stage up to date/);
  },
);

test(
  'verify --inputs names a file that a shared mapping changed without new times, and the next run reads it again',
  where,
  async () => {
    using project = new Project(copy);
    using writer = new Writer(project);
    await writer.write('o');
    await project.run();
    project.letHoursPass(1);
    await project.command('run', 'test.yaml'); // the answer of the next one is remembered
    const sound = '1 object, 1 result: ✓ all sound\n';
    assert.equal(
      (await project.command('verify', '--inputs')).stdout,
      `${sound}3 input or published files: ✓ all unchanged\n`,
    );
    await writer.writeUnseen('O');
    const { code, stdout } = await project.command('verify', '--inputs');
    assert.deepEqual(
      [code, stdout],
      [
        1,
        `${sound}changed, with its old size and times: data/file; the next run reads it again\n3 input or published files: 1 changed\n`,
      ],
    );
    assert.match((await project.command('run', 'test.yaml')).stdout, /1 ran/);
    assert.equal(project.read('out/text'), 'Old');
    assert.equal((await project.command('verify', '--inputs')).code, 0);
  },
);
