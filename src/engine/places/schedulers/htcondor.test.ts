import assert from 'node:assert/strict';
import { chmodSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { temporaryFolder, writeFiles } from '../../../../test/support/temporary-folder.ts';
import type { JobRequest, Scheduler } from '../../../scheduler.ts';
import { htcondor } from './htcondor.ts';
import { jobAd, phaseOf, stateOf } from './htcondor-states.ts';

const request: JobRequest = {
  name: 'restage-1',
  script: '/p/a $(b) $$(c) "d"/script.sh',
  root: '/p',
  log: '/p/output',
  seconds: 600,
  workers: 3,
  needs: { cpu: 1.5, gpu: 0, memory: 2 ** 30 + 1 },
};

/** HTCondor with commands of a folder, which are shell scripts that find themselves in `$0`. */
function withCommands(
  context: TestContext,
  scripts: Readonly<Record<string, string>>,
  options: Readonly<Record<string, string>> = {},
): { readonly scheduler: Scheduler; readonly folder: string } {
  const files = Object.entries(scripts).map(
    ([name, script]) => [name, `#!/bin/sh\n${script}\n`] as const,
  );
  const folder = writeFiles(temporaryFolder(context), Object.fromEntries(files));
  for (const name of Object.keys(scripts)) chmodSync(join(folder, name), 0o755);
  const env = { PATH: `${folder}:${process.env['PATH']}`, HOME: "/home/o'neil" };
  return { folder, scheduler: htcondor.open({ name: 'pool', options }, env) };
}

test('what a job needs and what its place declares become a submit description, in which no path is expanded', async (context) => {
  const { scheduler, folder } = withCommands(
    context,
    { condor_submit: 'cat > "${0%/*}/description"\necho 3 nodes are down\necho "17.0 - 17.2"' },
    { requirements: 'HasAvx2', request_memory: '4GB' },
  );
  assert.equal(await scheduler.submit(request), '17');
  const program = [
    "export HOME=''/home/o''\\''''neil''",
    'export PATH',
    'export RESTAGE_JOB=""$(Cluster)_$(Process) `sed -n ""s/^NumShadowStarts = //p"" ""$_CONDOR_JOB_AD""`""',
    'export CUDA_VISIBLE_DEVICES=',
    "exec ''/p/a $''''(b) $''''$''''(c) \"\"d\"\"/script.sh'' >> /p/output 2>&1",
  ];
  assert.deepEqual(readFileSync(join(folder, 'description'), 'utf8').trim().split('\n'), [
    'universe = vanilla',
    'executable = /bin/sh',
    'transfer_executable = false',
    'should_transfer_files = NO',
    `arguments = "-c '${program.join('; ')}'"`,
    'batch_name = restage-1',
    'request_cpus = 2',
    'request_memory = 4GB',
    'periodic_hold = JobStatus == 2 && time() - JobCurrentStartExecutingDate > 600',
    'periodic_hold_reason = "its time is over"',
    'periodic_hold_subcode = 46',
    'periodic_remove = JobStatus == 5 && !member(HoldReasonCode, {1, 15, 16})',
    'requirements = HasAvx2',
    'queue 3',
  ]);
});

test('a step of a detached run stays on the machine of the queue, and waits there for other jobs', async (context) => {
  const { scheduler, folder } = withCommands(context, {
    condor_submit: 'cat > "${0%/*}/description"\necho "18.0 - 18.0"',
  });
  await scheduler.submit({ ...request, workers: 1, submits: true, after: ['7', '8'] });
  const description = readFileSync(join(folder, 'description'), 'utf8');
  assert.match(description, /^universe = local$/m);
  assert.match(description, /until left=`condor_q 7 8 -af ClusterId` && test -z ""\$left""/);
  assert.doesNotMatch(description, /^periodic_hold/m);
});

test('a job is cancelled by its number and its name', async (context) => {
  const { scheduler, folder } = withCommands(context, {
    condor_rm: 'echo "$*" >> "${0%/*}/calls"',
  });
  await scheduler.cancel('17', 'restage-1');
  await scheduler.cancel('17_3', 'restage-1');
  assert.deepEqual(readFileSync(join(folder, 'calls'), 'utf8').trim().split('\n'), [
    '-constraint ClusterId == 17 && JobBatchName == "restage-1"',
    '-constraint ClusterId == 17 && ProcId == 3 && JobBatchName == "restage-1"',
  ]);
});

test('a job that has left the queue is found in the history, by its number and its name', async (context) => {
  const ended = (name: string, process: number) =>
    `{ "ClusterId": 17, "ProcId": ${process}, "JobStatus": 4, "JobBatchName": "${name}" }`;
  const { scheduler } = withCommands(context, {
    condor_q: 'exit 0',
    condor_history: `echo 'a banner'; echo '['; echo '${ended('restage-1', 0)},'; echo '${ended('other', 1)}'; echo ']'`,
  });
  assert.deepEqual(
    await scheduler.inspect('17', 'restage-1'),
    new Map([['17_0', { state: 'COMPLETED' }]]),
  );
  const silent = withCommands(context, { condor_q: 'echo no answer; exit 1' });
  assert.equal(await silent.scheduler.inspect('17', 'restage-1'), undefined);
});

/** Jobs as `condor_q` and `condor_history` of HTCondor 23.9 described them. */
const described = {
  'a job that no machine fits': {
    ad: { JobStatus: 1, LastRejMatchReason: 'no match found ' },
    state: { state: 'IDLE', reason: 'no match found' },
    phase: 'queued',
  },
  'a job that a person holds': {
    ad: { JobStatus: 5, HoldReason: 'via condor_hold (by user nobody)', HoldReasonCode: 1 },
    state: { state: 'HELD', reason: 'via condor_hold (by user nobody)' },
    phase: 'queued',
  },
  'a job that is being removed': {
    ad: { JobStatus: 3, RemoveReason: 'via condor_rm (by user nobody)' },
    listed: true,
    state: { state: 'REMOVING' },
    phase: 'alive',
  },
  'a job that a person removed': {
    ad: { JobStatus: 3, RemoveReason: 'via condor_rm (by user nobody)', LastHoldReasonCode: 1 },
    state: { state: 'REMOVED', reason: 'via condor_rm (by user nobody)' },
    phase: 'cancelled',
  },
  'a job that had too little memory by the policy of a machine': {
    ad: {
      JobStatus: 3,
      LastHoldReason: 'Error from slot1_3@vm: memory usage exceeded request_memory',
      LastHoldReasonCode: 21,
      LastHoldReasonSubCode: 102,
      RemoveReason: "The job attribute PeriodicRemove expression '…' evaluated to TRUE",
    },
    state: {
      state: 'HELD_FOR_MEMORY',
      reason: 'Error from slot1_3@vm: memory usage exceeded request_memory',
    },
    phase: 'out of memory',
  },
  'a job that a control group ended': {
    ad: { JobStatus: 5, HoldReason: 'Job has gone over memory limit', HoldReasonCode: 34 },
    state: { state: 'HELD_FOR_MEMORY', reason: 'Job has gone over memory limit' },
    phase: 'out of memory',
  },
  'a job whose time is over': {
    ad: {
      JobStatus: 3,
      LastHoldReason: 'its time is over',
      LastHoldReasonCode: 3,
      LastHoldReasonSubCode: 46,
    },
    state: { state: 'HELD_FOR_TIME', reason: 'its time is over' },
    phase: 'out of time',
  },
  'a job that HTCondor could not start': {
    ad: { JobStatus: 5, HoldReason: 'Failed to execute\n /bin/sh', HoldReasonCode: 6 },
    state: { state: 'HELD_BY_HTCONDOR', reason: 'Failed to execute /bin/sh' },
    phase: 'failed',
  },
  'a job that somebody killed': {
    ad: { JobStatus: 4, ExitBySignal: true, ExitSignal: 9 },
    state: { state: 'KILLED', reason: 'signal 9' },
    phase: 'died',
  },
  'a job whose script failed': {
    ad: { JobStatus: 4, ExitBySignal: false, ExitCode: 3 },
    state: { state: 'FAILED', reason: 'exit code 3' },
    phase: 'failed',
  },
  'a job that ended well': {
    ad: { JobStatus: 4, ExitBySignal: false, ExitCode: 0 },
    state: { state: 'COMPLETED' },
    phase: 'completed',
  },
} as const;

for (const [what, job] of Object.entries(described)) {
  test(`${what} has the state ${job.state.state}`, () => {
    const ad = jobAd.parse({ ClusterId: 17, ProcId: 0, ...job.ad });
    const state = stateOf(ad, 'listed' in job || ad.JobStatus === 5);
    assert.deepEqual([state, phaseOf(state)], [job.state, job.phase]);
  });
}

test('a job in HTCondor knows its number, and how often it was started before', () => {
  const identify = (job: string) => htcondor.identify({ RESTAGE_JOB: job });
  assert.deepEqual(identify('17_3 1'), { job: '17_3', restart: 0, notified: false });
  assert.deepEqual(identify('17_3 3'), { job: '17_3', restart: 2, notified: false });
  assert.equal(htcondor.identify({}), undefined);
});
