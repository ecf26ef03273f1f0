// The steps of action.yml, run as GitHub would run them, in a project under git.
import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { chmodSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { parse } from 'yaml';
import { inRepository, read } from './support/pages.ts';
import { Project, pipeline } from './support/rig.ts';

const yaml = `stages:
  scores:
    kind: evaluate
    inputs: { scores: ./scores.csv }
    with: { splits: [test] }
`;

/** Scores of 60 images, of which the first `wrong` ones are on the wrong side. */
function scores(wrong: number): string {
  const rows = Array.from({ length: 60 }, (_, at) => {
    const label = at % 2;
    const sign = (at < wrong ? -1 : 1) * (label === 1 ? 1 : -1);
    const logit = sign * (1 + at / 60);
    return `${at}.png,test,${label},${-logit},${logit}`;
  });
  return `key,split,label,real,fake\n${rows.join('\n')}\n`;
}

interface Step {
  readonly id: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly run?: string;
}
const action = parse(read('action.yml'));
const steps: readonly Step[] = action.runs.steps;

/** A server that keeps the comments of one pull request, as GitHub's does. */
const comments: { id: number; body: string }[] = [{ id: 1, body: 'Looks good' }];
const api = createServer(async (request, response) => {
  let text = '';
  for await (const part of request) text += part;
  const { body } = JSON.parse(text || '{}');
  if (request.method === 'POST') comments.push({ id: 7, body });
  if (request.method === 'PATCH') comments.find(({ id }) => id === 7)!.body = body;
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify(request.method === 'GET' ? comments : {}));
});

let project: Project;
const git = (...words: readonly string[]) =>
  execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@b', ...words], {
    cwd: project.root,
    stdio: 'pipe',
  });

before(async () => {
  project = new Project(yaml, { 'scores.csv': scores(12) });
  project.write('.gitignore', 'cache/\nartifacts/\nrunner/\nprograms/\n');
  // The project's own install: npx finds this version of Restage, and nothing is fetched.
  project.write(
    'programs/npx',
    `#!/bin/sh\nshift\nexec "${process.execPath}" "${pipeline}" "$@"\n`,
  );
  chmodSync(project.path('programs/npx'), 0o755);
  git('init', '--quiet', '--initial-branch', 'main');
  git('add', '.');
  git('commit', '--quiet', '-m', 'Measure');
  git('remote', 'add', 'origin', project.root);
  await new Promise<void>((resolve) => {
    api.listen(0, '127.0.0.1', () => resolve());
  });
});
after(() => {
  api.close();
  project[Symbol.dispose]();
});

/** Runs all steps that have commands, and returns what the summary of the job says. */
async function act(): Promise<string> {
  project.write('runner/summary.md', '');
  project.write('runner/output', '');
  const { port } = api.address() as AddressInfo;
  const given: Readonly<Record<string, () => string>> = {
    'inputs.install': () => 'echo installed',
    'inputs.pipeline': () => 'test.yaml',
    'inputs.options': () => '--jobs 1',
    'inputs.base': () => 'main',
    'inputs.token': () => 'a-token',
    'steps.compare.outputs.comparison': () =>
      /^comparison=(.*)$/m.exec(project.read('runner/output'))![1]!,
    'steps.pages.outputs.artifact-url': () => 'https://example.org/pages',
    'github.event.pull_request.number': () => '5',
  };
  for (const { env = {}, run } of steps) {
    if (run === undefined) continue;
    assert.doesNotMatch(run, /\$\{\{/, 'values reach the shell by the environment alone');
    const values = Object.entries(env).map(([name, text]) => [
      name,
      String(text).replaceAll(/\$\{\{ (.*?) \}\}/g, (_, words: string) => given[words]!()),
    ]);
    await promisify(execFile)('bash', ['-eo', 'pipefail', '-c', run], {
      cwd: project.root,
      env: {
        ...process.env,
        ...Object.fromEntries(values),
        PATH: `${project.path('programs')}:${process.env['PATH']}`,
        RUNNER_TEMP: project.path('runner'),
        GITHUB_STEP_SUMMARY: project.path('runner/summary.md'),
        GITHUB_OUTPUT: project.path('runner/output'),
        GITHUB_ACTION_PATH: inRepository('.'),
        GITHUB_API_URL: `http://127.0.0.1:${port}`,
        GITHUB_REPOSITORY: 'someone/something',
      },
    });
  }
  return project.read('runner/summary.md');
}

test('the action says that nothing is known of the branch, then comments what differs, with intervals and a test, and writes over its comment', async () => {
  git('checkout', '--quiet', '-b', 'change');
  const { code } = await project.command('plan', 'test.yaml');
  assert.equal(code, 0);
  git('checkout', '--quiet', 'main');
  project.write('empty.txt', '');
  git('add', '.');
  git('commit', '--quiet', '-m', 'Add a file');
  assert.equal((await project.command('run', 'test.yaml')).code, 0);
  // The branch left before the commit that has a run.
  git('checkout', '--quiet', 'change');
  assert.match(
    await act(),
    /^Nothing to compare with:[\s\S]*No run of test is known at origin\/main/,
  );

  git('rebase', '--quiet', 'main');
  project.write('scores.csv', scores(2));
  git('commit', '--quiet', '-a', '-m', 'Judge better');
  const summary = await act();
  assert.match(summary, /origin\/main \([0-9a-f]{8}, 20/);
  assert.match(summary, /^\| .*auc.*\|/im);
  assert.match(summary, /DeLong/);
  assert.equal(comments.length, 2);
  const [, comment] = comments;
  assert.ok(comment!.body.startsWith('<!-- restage: test.yaml -->\n### `test.yaml`\n\n'));
  assert.ok(comment!.body.includes(summary));
  assert.ok(comment!.body.includes('https://example.org/pages'));
  assert.ok(project.read('runner/restage/comparison.html').startsWith('<!doctype html>'));
});

test('compare takes a branch alone, with a pipeline, or with a stage, and explains a name that git does not know', async () => {
  const alone = await project.command('compare', 'main...', '--markdown');
  const named = await project.command('compare', 'test.yaml', 'main…', '--markdown');
  assert.deepEqual([alone.code, named.code], [0, 0], alone.stderr + named.stderr);
  assert.equal(alone.stdout, named.stdout);
  const stages = await project.command('compare', 'test.yaml:scores', 'main...:scores', '--json');
  assert.equal(stages.code, 0, stages.stderr);
  const { code, stderr } = await project.command('compare', 'nothing...');
  assert.equal(code, 1);
  assert.match(stderr, /Git finds no common commit of "nothing" and HEAD/);
  assert.equal((await project.command('compare', '--output=x...')).code, 2);
});
