import assert from 'node:assert/strict';
import { chmodSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { temporaryFolder, writeFiles } from '../../../../test/support/temporary-folder.ts';
import { type JobRequest, type Scheduler, SubmitError } from '../../../scheduler.ts';
import { slurm } from './slurm.ts';
import { submitPatiently } from './submit-patiently.ts';

/** Commands of Slurm as shell scripts, which find themselves in `$0`. Returns their folder. */
function withCommands(context: TestContext, scripts: Readonly<Record<string, string>>): string {
  const files = Object.entries(scripts).map(
    ([name, script]) => [name, `#!/bin/sh\n${script}\n`] as const,
  );
  const folder = writeFiles(temporaryFolder(context), Object.fromEntries(files));
  for (const name of Object.keys(scripts)) chmodSync(join(folder, name), 0o755);
  return folder;
}

const plain = { name: 'cluster', options: {} };

/** Slurm with the commands of a folder. */
const slurmIn = (folder: string, place: Parameters<typeof slurm.open>[0] = plain): Scheduler =>
  slurm.open(place, { PATH: `${folder}:${process.env['PATH']}` });

const request: JobRequest = {
  name: 'restage-1',
  script: '/p/script.sh',
  root: '/p',
  log: '/p/output',
  seconds: 600,
  workers: 1,
  needs: { cpu: 1, gpu: 0, memory: 2 ** 30 },
};

/** Writes down its own words and its locale. */
const noted = 'echo "$LC_ALL ${0##*/} $*" >> "${0%/*}/calls"';
const callsIn = (folder: string): readonly string[] =>
  readFileSync(join(folder, 'calls'), 'utf8').trim().split('\n');

test('what a job needs and what its place declares become options of sbatch', async (context) => {
  const folder = withCommands(context, {
    sbatch: 'printf "%s\\n" "$@" > "${0%/*}/words"\necho 17',
  });
  const place = {
    name: 'cluster',
    partition: 'long',
    account: 'faces',
    options: { qos: 'high', exclusive: true },
  };
  const wordsFor = async (change: object) => {
    const request = {
      name: 'restage-1',
      script: '/p/script.sh',
      root: '/p',
      log: '/p/100%/output',
      seconds: 3605,
    };
    const needs = { cpu: 1.5, gpu: 0, memory: 2 ** 30 + 1 };
    assert.equal(
      await slurmIn(folder, place).submit({ ...request, needs, workers: 1, ...change }),
      '17',
    );
    return readFileSync(join(folder, 'words'), 'utf8').trim().split('\n');
  };
  const words = await wordsFor({});
  assert.deepEqual(words, [
    '--parsable',
    '--export=NONE',
    '--requeue',
    '--open-mode=append',
    '--job-name=restage-1',
    '--chdir=/p',
    '--output=/p/100%%/output',
    '--cpus-per-task=2',
    '--mem=1025M',
    '--time=60:5',
    '--signal=B:TERM@120',
    '--partition=long',
    '--account=faces',
    '--qos=high',
    '--exclusive',
    '/p/script.sh',
  ]);
  const more = await wordsFor({
    needs: { cpu: 1, gpu: 1.5, memory: 0 },
    workers: 3,
    after: ['7', '8'],
  });
  const added = more.filter((word) => !words.includes(word));
  assert.deepEqual(added, [
    '--cpus-per-task=1',
    '--mem=0M',
    '--gpus-per-node=2',
    '--array=0-2',
    '--dependency=afterany:7:8',
  ]);
});

test('the id of a job is the last line that is nothing else: a banner may begin with digits, too', async (context) => {
  const folder = withCommands(context, { sbatch: 'cat "${0%/*}/banner"' });
  const idAfter = async (printed: string) => {
    writeFiles(folder, { banner: printed });
    return await slurmIn(folder).submit(request);
  };
  assert.equal(await idAfter('31 nodes are down for maintenance\n\n17\n'), '17');
  assert.equal(await idAfter('2026\n17;alpha\n31 nodes are down\n'), '17;alpha');
  await assert.rejects(idAfter('31 nodes are down for maintenance\n'), {
    message:
      'sbatch refused a job of the place "cluster": it printed no id of a job: 31 nodes are down for maintenance',
  });
});

test('without a controller, a job is not tested, and the first words say why', async (context) => {
  const told = async (error: string) => {
    const folder = withCommands(context, { sbatch: `echo "${error}" >&2; exit 1` });
    return await slurmIn(folder).wouldTake!(request);
  };
  const lookup = 'resolve_ctls_from_dns_srv: res_nsearch error: Unknown host';
  const lost = 'Unable to contact slurm controller (connect failure)';
  const silent = 'no Slurm controller answers: ';
  assert.deepEqual(await told(`sbatch: error: ${lookup}`), { ok: false, words: silent + lookup });
  assert.deepEqual(await told(`sbatch: error: ${lost}`), { ok: false, words: silent + lost });
  const wrong = 'invalid partition specified: gpu';
  assert.deepEqual(await told(`sbatch: error: ${wrong}`), { ok: false, words: wrong });
});

test('a partition of which every node has graphics cards is probably a slip for a job that asks for none', async (context) => {
  const slipsOf = async (resources: string, change: Partial<JobRequest['needs']> = {}) => {
    const folder = withCommands(context, { sinfo: `${noted}\nprintf '${resources}'` });
    const scheduler = slurmIn(folder, { ...plain, partition: 'gpu' });
    return await scheduler.slipsIn!({ ...request, needs: { ...request.needs, ...change } });
  };
  assert.deepEqual(await slipsOf('gpu:a100:4(S:0-1)\\ngpu:v100:2,nvme:1\\n'), [
    'every node of the partition gpu has graphics cards (gpu:a100:4(S:0-1), gpu:v100:2,nvme:1), and no job of this place may ask for one: its `gpu` is 0',
  ]);
  assert.deepEqual(await slipsOf('gpu:a100:4\\n(null)\\n'), []);
  assert.deepEqual(await slipsOf(''), []);
  assert.deepEqual(await slipsOf('gpu:a100:4\\n', { gpu: 1 }), []);
});

test('all commands speak C, name the cluster of a job, and cancel only jobs of our name', async (context) => {
  const record =
    'JobId=17 ArrayJobId=17 ArrayTaskId=3 JobName=restage-1 JobState=RUNNING Reason=None';
  const foreign = 'JobId=18 JobName=bert JobState=RUNNING Reason=None';
  const folder = withCommands(context, {
    sbatch: `${noted}; echo '17;alpha'`,
    squeue: `${noted}; echo 'restage-1|17_3|RUNNING|N/A|None'`,
    scancel: noted,
    scontrol: `${noted}; echo '${record}'; echo '${foreign}'`,
  });
  const place = slurmIn(folder, { ...plain, options: { clusters: 'alpha,beta' } });
  const id = await place.submit(request);
  assert.deepEqual(await place.list(['restage-1']), [
    { name: 'restage-1', id: '17_3;alpha', state: 'RUNNING' },
    { name: 'restage-1', id: '17_3;beta', state: 'RUNNING' },
  ]);
  assert.deepEqual(await place.inspect(id, 'restage-1'), new Map([['17_3', { state: 'RUNNING' }]]));
  await place.cancel('17_3;alpha', 'restage-1');
  await slurmIn(folder).cancel('17', 'restage-1');
  await place.submit({ ...request, after: ['17;beta', '17;alpha', '18', '19;beta'] });
  const calls = callsIn(folder);
  assert.ok(calls.every((call) => call.startsWith('C ')));
  assert.deepEqual(
    calls.map((call) => call.slice(2)).filter((call) => !call.startsWith('sbatch')),
    [
      'squeue -h -r -t all --me -o %j|%i|%T|%S|%r -n restage-1 -M alpha',
      'squeue -h -r -t all --me -o %j|%i|%T|%S|%r -n restage-1 -M beta',
      'scontrol -o show job 17 -M alpha',
      'scancel --name=restage-1 17_3 -M alpha',
      'scancel --name=restage-1 17',
    ],
  );
  assert.match(
    calls.at(-1)!,
    / --clusters=alpha,beta --dependency=afterany:17:19 --clusters=beta \/p\/script.sh$/,
  );
});

test('an unknown error of sbatch is tried three times, and one that will not change only once', async (context) => {
  const folder = withCommands(context, { squeue: 'true', sbatch: `${noted}; . "\${0%/*}/answer"` });
  const submitted = async (answer: string) => {
    writeFiles(folder, { answer, calls: '' });
    const ids: string[] = [];
    const waits: string[] = [];
    const submission = {
      accepted: (id: string) => void ids.push(id),
      waits: (why: string) => void waits.push(why),
      pause: async () => {},
    };
    const message = await submitPatiently(slurmIn(folder), request, submission).catch((error) => {
      assert.ok(error instanceof SubmitError);
      return error.message;
    });
    return { ids, waits, message, tries: callsIn(folder).length };
  };
  const says = (text: string) => `echo 'sbatch: error: ${text}' >&2; exit 1`;
  const refused = 'sbatch refused a job of the place "cluster": ';

  const unknown = 'Unexpected message received';
  assert.deepEqual(await submitted(says(unknown)), {
    ids: [],
    waits: [`${refused}${unknown}; it is asked again`],
    message: `${refused}${unknown}, three times`,
    tries: 3,
  });
  const second = `[ $(wc -l < "\${0%/*}/calls") -gt 1 ] && echo 17 || { ${says('Ein unbekannter Fehler')}; }`;
  assert.deepEqual(await submitted(second), {
    ids: ['17'],
    waits: [`${refused}Ein unbekannter Fehler; it is asked again`],
    message: undefined,
    tries: 2,
  });
  for (const final of [
    'Batch job submission failed: Invalid partition name specified',
    'Batch job submission failed: Invalid account or account/partition combination specified',
    'Batch job submission failed: Invalid qos specification',
    'Memory specification can not be satisfied',
    'Batch job submission failed: Requested node configuration is not available',
    'Batch job submission failed: Requested time limit is invalid (missing or exceeds some limit)',
    'QOSMaxCpuPerJobLimit',
  ]) {
    const { message, tries } = await submitted(says(final));
    assert.deepEqual([message, tries], [`${refused}${final}`, 1]);
  }
  const full = `[ $(wc -l < "\${0%/*}/calls") -gt 5 ] && echo 17 || { ${says('QOSMaxSubmitJobPerUserLimit')}; }`;
  assert.deepEqual((await submitted(full)).ids, ['17']);
});
