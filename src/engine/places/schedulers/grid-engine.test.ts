import assert from 'node:assert/strict';
import { chmodSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { temporaryFolder, writeFiles } from '../../../../test/support/temporary-folder.ts';
import type { JobRequest, Scheduler } from '../../../scheduler.ts';
import { gridengine } from './grid-engine.ts';
import { endedJobs, errorReasons, phaseOf, queuedJobs } from './grid-engine-states.ts';

const request: JobRequest = {
  name: 'restage-1',
  script: '/p/script.sh',
  root: '/p',
  log: '/p/output',
  seconds: 600,
  workers: 3,
  needs: { cpu: 2, gpu: 1, memory: 2 ** 30 },
  after: ['7', '8'],
};

/** Grid Engine with commands of a folder, which are shell scripts that find themselves in `$0`. */
function withCommands(
  context: TestContext,
  scripts: Readonly<Record<string, string>>,
  place: object = {},
): { readonly scheduler: Scheduler; readonly callsIn: () => readonly string[] } {
  const files = Object.entries(scripts).map(
    ([name, script]) =>
      [name, `#!/bin/sh\necho "\${0##*/} $*" >> "\${0%/*}/calls"\n${script}\n`] as const,
  );
  const folder = writeFiles(temporaryFolder(context), Object.fromEntries(files));
  for (const name of Object.keys(scripts)) chmodSync(join(folder, name), 0o755);
  const env = { PATH: `${folder}:${process.env['PATH']}` };
  return {
    scheduler: gridengine.open({ name: 'grid', options: {}, ...place }, env),
    callsIn: () => readFileSync(join(folder, 'calls'), 'utf8').trim().split('\n'),
  };
}

test('what a job needs and what its place declares become options of qsub', async (context) => {
  const place = {
    parallelEnvironment: 'smp',
    memoryResource: 'mem_free',
    gpuResource: 'gpu',
    options: { q: 'long.q', notify: true },
  };
  const { scheduler, callsIn } = withCommands(
    context,
    { qsub: 'echo 31 nodes; echo 17.1-3:1' },
    place,
  );
  assert.equal(await scheduler.submit(request), '17');
  assert.deepEqual(callsIn(), [
    'qsub -terse -r y -C  -j y -S /bin/sh -N restage-1 -wd /p -o /p/output -l h_rt=600,mem_free=512M,gpu=1 -pe smp 2 -t 1-3 -hold_jid 7,8 -q long.q -notify /p/script.sh',
  ]);
});

test('a job that asks for what its place has no word for is refused, with the key that is missing', async (context) => {
  const { scheduler } = withCommands(context, { qsub: 'echo 17' });
  const submit = (needs: JobRequest['needs']) => scheduler.submit({ ...request, needs });
  await assert.rejects(submit({ cpu: 2, gpu: 0, memory: 0 }), {
    why: 'refused',
    message: 'A job of the place "grid" asks for 2 cores: set its `parallelEnvironment`',
  });
  await assert.rejects(submit({ cpu: 1, gpu: 1, memory: 0 }), {
    why: 'refused',
    message: 'A job of the place "grid" asks for graphics cards: set its `gpuResource`',
  });
});

/** What Grid Engine 8.1.9 printed. */
const entry = (fields: string) => `    <job_list state="pending">\n${fields}    </job_list>\n`;
const queue = `<?xml version='1.0'?>
<job_info  xmlns:xsd="http://arc.liv.ac.uk/repos/darcs/sge/source/dist/util/resources/schemas/qstat/qstat.xsd">
  <queue_info>
${entry('      <JB_job_number>17</JB_job_number>\n      <JB_name>restage-1</JB_name>\n      <state>r</state>\n      <tasks>1</tasks>\n')}  </queue_info>
  <job_info>
${entry('      <JB_job_number>17</JB_job_number>\n      <JB_name>restage-1</JB_name>\n      <state>qw</state>\n      <tasks>2-9:1</tasks>\n')}${entry('      <JB_job_number>18</JB_job_number>\n      <JB_name>restage-2</JB_name>\n      <state>Eqw</state>\n')}  </job_info>
</job_info>
`;
const details = `==============================================================
job_number:                 18
script_file:                /p/script.sh
error reason          1:      12/02/2026 00:11:52 [0:32700]: error: can't chdir to /nope: No such file or directory
scheduling info:            Job is in error state
`;
const accounted = (fields: Readonly<Record<string, string>>) =>
  `==============================================================
${Object.entries(fields)
  .map(([name, value]) => `${name.padEnd(13)}${value.padEnd(20)}\n`)
  .join('')}`;

test('the tasks of a job have states of their own, and an error has its reason', () => {
  assert.deepEqual(queuedJobs(queue), [
    { id: '17_1', name: 'restage-1', state: 'r' },
    { id: '17_2-9:1', name: 'restage-1', state: 'qw' },
    { id: '18', name: 'restage-2', state: 'Eqw' },
  ]);
  assert.equal(queuedJobs('error: commlib error: got select error'), undefined);
  const reason = "error: can't chdir to /nope: No such file or directory";
  assert.deepEqual(errorReasons(details), new Map([['18', reason]]));
});

test('the accounting says how a job ended, and what that means', () => {
  const endOf = (fields: Readonly<Record<string, string>>) => {
    const out = accounted({ jobname: 'restage-1', jobnumber: '17', taskid: '2', ...fields });
    const [{ id, state, reason } = { id: '', state: '' }] = endedJobs(out);
    return [id, state, reason, phaseOf({ state })];
  };
  assert.deepEqual(endOf({ failed: '0', exit_status: '0' }), [
    '17_2',
    'COMPLETED',
    undefined,
    'completed',
  ]);
  assert.deepEqual(endOf({ taskid: 'undefined', failed: '0', exit_status: '3' }), [
    '17',
    'FAILED',
    'exit code 3',
    'failed',
  ]);
  const killed = {
    failed: '100 : assumedly after job',
    exit_status: '137                  (Killed)',
  };
  assert.deepEqual(endOf(killed), ['17_2', 'KILLED', 'signal 9', 'died']);
  const late = { ...killed, ru_wallclock: '601s', category: '-l h_rt=600' };
  assert.deepEqual(endOf(late), ['17_2', 'OUT_OF_TIME', 'h_rt=600', 'out of time']);
  const limit = 'qmaster enforced h_rt, h_cpu, or h_vmem limit';
  assert.deepEqual(endOf({ failed: `37  : ${limit}`, exit_status: '137' }), [
    '17_2',
    'OUT_OF_TIME',
    limit,
    'out of time',
  ]);
  assert.deepEqual(endOf({ failed: '26  : opening input/output file', exit_status: '0' }), [
    '17_2',
    'FAILED',
    'opening input/output file',
    'failed',
  ]);
});

test('a job in an error is deleted, since its stage goes on elsewhere, and one of another name never', async (context) => {
  const { scheduler, callsIn } = withCommands(context, {
    qstat: `case "$1" in -j) cat <<'END'\n${details}END\n;; *) cat <<'END'\n${queue}END\n;; esac`,
    qacct: 'exit 1',
    qdel: '',
  });
  const [[id, state] = []] = (await scheduler.inspect('18', 'restage-2')) ?? [];
  assert.deepEqual([id, state?.state], ['18', 'Eqw']);
  assert.match(state?.reason ?? '', /can't chdir to \/nope/);
  await scheduler.cancel('17', 'other');
  await scheduler.cancel('17_1', 'restage-1');
  assert.deepEqual(
    callsIn().filter((call) => call.startsWith('qdel')),
    ['qdel 18', 'qdel 17 -t 1'],
  );
});

test('a job of Grid Engine knows its number, and whether it was started before', () => {
  const env = { JOB_ID: '17', SGE_TASK_ID: '3', RESTARTED: '1' };
  assert.deepEqual(gridengine.identify(env), { job: '17_3', restart: 1, notified: false });
  const single = { JOB_ID: '17', SGE_TASK_ID: 'undefined', RESTARTED: '0' };
  assert.deepEqual(gridengine.identify(single), { job: '17', restart: 0, notified: false });
  assert.equal(gridengine.identify({ JOB_ID: '17' }), undefined);
});
