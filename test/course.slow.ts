// docs/course.md, played by a teacher and three students in projects of their own: its files are
// those of the page, and its commands are typed as they stand there.
import assert from 'node:assert/strict';
import { readdirSync, renameSync } from 'node:fs';
import { basename, join } from 'node:path';
import { after, test } from 'node:test';
import { HostedProject as Project } from './support/hosted-project.ts';
import { stepsOf } from './support/pages.ts';
import type { Ended } from './support/rig.ts';

const page = 'docs/course.md';
const steps = stepsOf(page);

/** A file of the page, with fewer images than it draws. */
function file(name: string): string {
  const step = steps.find((step) => 'file' in step && step.file === name);
  assert.ok(step !== undefined && 'file' in step, name);
  return step.text.replace('train: 200, val: 60, test: 60', 'train: 40, val: 20, test: 20');
}

const commands = steps.flatMap((step) => ('command' in step ? [step.command] : []));
const typed = new Set<string>();
/** Somebody types a command of the page, with words of their own in place of some. */
async function type(
  project: Project,
  command: string,
  own: Readonly<Record<string, string>> = {},
): Promise<Ended> {
  assert.ok(commands.includes(command), `${page} has no command ${command}`);
  typed.add(command);
  const words = Object.entries(own).reduce(
    (text, [from, to]) => text.replaceAll(from, to),
    command,
  );
  return await project.command(...words.split(' ').slice(1));
}
/** The same, and it must succeed. Returns what it prints. */
async function print(...words: Parameters<typeof type>): Promise<string> {
  const { code, stdout, stderr } = await type(...words);
  assert.equal(code, 0, `${words[1]}\n${stdout}${stderr}`);
  return stdout;
}

/** Which stages a run computed, as its lines say. */
const computed = (stdout: string): readonly string[] =>
  Array.from(stdout.matchAll(/^▸ (\S+): /gm), ([, stage]) => stage!).sort();

const everybody: Project[] = [];
after(() => {
  for (const project of everybody) project[Symbol.dispose]();
});

/** A clone of somebody with a home of their own. */
function clone(files: Readonly<Record<string, string>>): Project {
  const project = new Project('', files);
  project.remove('pipelines/test.yaml');
  project.env['XDG_CONFIG_HOME'] = project.path('home');
  everybody.push(project);
  return project;
}

/** A hand-in of a student: the archive, the YAML and the key. */
interface HandIn {
  readonly student: string;
  readonly archive: string;
  readonly yaml: string;
  readonly key: string;
}

test('three networks are handed in, ranked and checked as docs/course.md says', async () => {
  const course = clone({ 'pipelines/course.yaml': file('pipelines/course.yaml') });
  const shared = course.path('..', `${basename(course.root)}-store`);
  await print(course, 'restage store init /srv/course/store', { '/srv/course/store': shared });
  await print(course, 'restage run course.yaml');
  const stored = () => readdirSync(shared, { recursive: true }).sort();
  const before = stored();
  assert.ok(before.length > 5);

  const adas = file('pipelines/hand-ins/ada.yaml');
  const yamls = {
    ada: adas,
    ben: adas.replace('conv: 16', 'conv: 8'),
    cem: 'extends: ../course.yaml\nstages: { fit: { with: { epochs: 1 } } }\n',
  };
  const begin = (student: keyof typeof yamls) =>
    clone({
      'pipelines/course.yaml': course.read('pipelines/course.yaml'),
      'store.yaml': course.read('store.yaml'),
      [`pipelines/hand-ins/${student}.yaml`]: yamls[student],
    });
  const run = (project: Project, ada: string) =>
    print(project, 'restage run hand-ins/ada.yaml', { ada });
  const handIn = async (project: Project, student: keyof typeof yamls): Promise<HandIn> => {
    const command = 'restage export ada.restage hand-ins/ada.yaml fit hand-in';
    const stdout = await print(project, command, { ada: student });
    const key = /signed by (\S+)\.$/m.exec(stdout)![1]!;
    return { student, archive: project.path(`${student}.restage`), yaml: yamls[student], key };
  };
  const ada = begin('ada');
  assert.deepEqual(computed(await run(ada, 'ada')), ['fit', 'hand-in', 'scores']);
  const cem = begin('cem');
  assert.deepEqual(computed(await print(cem, 'restage run course.yaml')), [], 'the teacher has');
  assert.deepEqual(computed(await run(cem, 'cem')), ['fit', 'hand-in', 'scores']);
  // Ben hands in what longer training made, as the result of the YAML that he shows.
  const ben = begin('ben');
  await run(ben, 'ben');
  const longer = '  fit: { with: { epochs: 9, model:';
  ben.write(
    'pipelines/longer.yaml',
    yamls.ben.replace('../', '').replace('  fit: { with: { model:', longer),
  );
  assert.equal((await ben.command('run', 'longer.yaml', 'fit')).code, 0);
  swapOutputs(ben);
  ben.remove('artifacts');
  assert.deepEqual(computed(await run(ben, 'ben')), ['hand-in', 'scores']);
  assert.deepEqual(stored(), before, 'students send nothing');

  const ranking = clone({
    'pipelines/course.yaml': course.read('pipelines/course.yaml'),
    'pipelines/ranking.yaml': file('pipelines/ranking.yaml'),
    'pipelines/secret.yaml':
      'stages: { drawn: { kind: make-faces, with: { images: { test: 30 }, size: 64, forgeries: [blended], seed: 99 } } }\n',
  });
  await ranking.command('run', 'secret.yaml');
  renameSync(ranking.path('artifacts/secret/drawn/faces'), ranking.path('hidden'));
  for (const path of ['pipelines/secret.yaml', 'artifacts', 'cache']) ranking.remove(path);
  const take = async ({ archive, key, student, yaml }: HandIn) => {
    const command = 'restage import ada.restage --trust <key>';
    await print(ranking, command, { 'ada.restage': archive, '<key>': key });
    const brought = ranking.files(`artifacts/hand-ins/${student}`);
    assert.deepEqual(
      brought.filter((path) => !/^(fit|hand-in)\//.test(path)),
      [],
    );
    ranking.write(`pipelines/hand-ins/${student}.yaml`, yaml);
  };
  const first = await handIn(ada, 'ada');
  const another = await handIn(cem, 'cem');
  const stranger = { 'ada.restage': first.archive, '<key>': another.key };
  const refused = await type(ranking, 'restage import ada.restage --trust <key>', stranger);
  assert.match(refused.stderr, /is signed by the key \S+, which store\.yaml does not trust/);
  await take(first);
  cem.write('pipelines/hand-ins/ada.yaml', yamls.cem);
  await run(cem, 'ada');
  const double = { 'ada.restage': (await handIn(cem, 'ada')).archive, '<key>': another.key };
  const taken = await type(ranking, 'restage import ada.restage --trust <key>', double);
  assert.match(taken.stderr, /The outputs of hand-ins\/ada came from an archive that the key/);
  await take(another);
  await print(ranking, 'restage run ranking.yaml');
  assert.deepEqual(leaders(ranking), ['ada', 'cem']);

  await take(await handIn(ben, 'ben'));
  const again = await print(ranking, 'restage run ranking.yaml');
  const measured = ['leaderboard', 'networks[student=ben]', 'scores[student=ben]', 'tests'];
  assert.deepEqual(computed(again), measured);
  assert.deepEqual(leaders(ranking), ['ada', 'ben', 'cem']);
  assert.equal(ranking.read('artifacts/ranking/tests/tests.csv').trimEnd().split('\n').length, 4);
  assert.match(ranking.read('artifacts/ranking/report.html'), /Leaderboard on test/);
  const looks = await print(ranking, 'restage ledger ranking.yaml');
  for (const student of ['ada', 'ben', 'cem'])
    assert.match(
      looks,
      new RegExp(`look +scores\\[student=${student}\\] \\(evaluate\\) reads images`),
    );
  const page = ranking.read('artifacts/ranking/report.html');
  assert.ok(!page.includes('test/real/'), 'the page names no hidden image');
  assert.deepEqual(stored(), before, 'no hidden image is in the store');

  const plan = async (student: string) =>
    await print(ranking, 'restage plan hand-ins/ada.yaml hand-in', { ada: student });
  const force = async (student: string) => {
    const command = 'restage run hand-ins/ada.yaml hand-in --force';
    const { code, stdout, stderr } = await type(ranking, command, { ada: student });
    assert.equal(code, 0, stderr);
    return stdout + stderr;
  };
  await print(ranking, 'restage run course.yaml');
  for (const student of ['ada', 'ben', 'cem'])
    assert.match(await plan(student), /up to date +fit\n +up to date +hand-in\n/);
  assert.doesNotMatch(await force('ada'), /not reproducible/);
  assert.match(
    await force('ben'),
    /fit: ran again .* different bytes \(model, history\): it is not reproducible/,
  );
  ranking.edit('pipelines/hand-ins/ada.yaml', 'conv: 16', 'conv: 32');
  assert.match(await plan('ada'), /run +fit +settings\.model\.layers\[0\]\.conv: 16 → 32/);
  assert.deepEqual(
    [...typed].sort(),
    [...new Set(commands)].filter((command) => /^restage /.test(command)).sort(),
  );
});

/** The students on the leaderboard, in alphabetical order; each AUC lies within its interval. */
function leaders(project: Project): readonly string[] {
  const [header, ...rows] = project
    .read('artifacts/ranking/leaderboard/leaderboard.csv')
    .trimEnd()
    .split('\n')
    .map((line) => line.split(','));
  const at = (name: string) => header!.indexOf(name);
  for (const [place, row] of rows.entries()) {
    const auc = Number(row[at('auc')]);
    const isInside = Number(row[at('auc_low')]) < auc && auc < Number(row[at('auc_high')]);
    assert.ok(isInside, row.join());
    assert.equal(row[at('rank')], String(place + 1));
  }
  return rows.map((row) => row[at('model')]!).sort();
}

/** Gives the result of the shorter of two trainings in a cache the outputs of the longer one. */
function swapOutputs(project: Project): void {
  const trainings = project.files('cache/results').flatMap((name) => {
    const path = join('cache/results', name);
    const result = JSON.parse(project.read(path));
    return result.fingerprint.kind === 'train' ? [{ path, result }] : [];
  });
  const longer = trainings.find(({ result }) => result.fingerprint.settings.epochs === 9)!;
  const shorter = trainings.find((training) => training !== longer)!;
  assert.equal(trainings.length, 2);
  const { outputs } = longer.result;
  project.replace(shorter.path, JSON.stringify({ ...shorter.result, outputs }));
}
