// Commands that behave as the manual of OpenPBS says of its own, for tests where no PBS can be
// installed: `qsub`, `qstat`, `qselect` and `qdel` of jobs that are processes of this machine. The
// first word is the command; the folder PBS_STAND_IN holds the jobs.
import { spawn } from 'node:child_process';
import { mkdirSync, openSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const folder = process.env.PBS_STAND_IN;
const [, , command, ...words] = process.argv;
const fileOf = (id) => join(folder, `${id}.json`);
const read = (id) => JSON.parse(readFileSync(fileOf(id), 'utf8'));
const write = (id, job) => writeFileSync(fileOf(id), JSON.stringify(job));
const known = () =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .map((name) => name.slice(0, -5));
const isLive = (pid) => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

/** The workers of an array: `17[0]` and so on of `17[]`. */
const workersOf = (array) =>
  known().filter((id) => id.startsWith(array.slice(0, -1)) && id !== array);

/** The value of an option of `qsub`, the last one. */
const option = (name) => words[words.lastIndexOf(name) + 1];
const has = (name) => words.includes(name);

function qsub() {
  mkdirSync(folder, { recursive: true });
  const number = known().filter((id) => !/\[\d/.test(id)).length + 17;
  const range = has('-J') ? option('-J').split('-').map(Number) : undefined;
  const id = range === undefined ? `${number}` : `${number}[]`;
  const after = has('-W') ? option('-W').split(':').slice(1) : [];
  const Job_Name = option('-N');
  write(id, { Job_Name });
  const indices = range === undefined ? [undefined] : [...Array(range[1] + 1).keys()];
  for (const index of indices) {
    const worker = index === undefined ? id : `${number}[${index}]`;
    if (index !== undefined) write(worker, { Job_Name });
    const log = openSync(option('-o'), 'a');
    const others = after.flatMap((other) => (other.endsWith('[]') ? workersOf(other) : [other]));
    const waits = others.map(
      (other) =>
        `while [ -e '${folder}' ] && [ ! -e '${join(folder, other)}.exit' ]; do sleep 0.1; done`,
    );
    const shell = `${waits.join('\n')}
: > '${join(folder, worker)}.begun'
/bin/sh '${words.at(-1)}'
echo $? > '${join(folder, worker)}.exit'`;
    const child = spawn('/bin/sh', ['-c', shell], {
      detached: true,
      stdio: ['ignore', log, log],
      env: {
        PATH: process.env.PATH,
        HOME: '/',
        PBS_STAND_IN: folder,
        PBS_JOBID: `${worker}.server`,
      },
    });
    write(worker, { ...read(worker), pid: child.pid });
    child.unref();
  }
  process.stdout.write(`${id}.server\n`);
}

const contentOf = (name) => {
  try {
    return readFileSync(join(folder, name), 'utf8');
  } catch {
    return undefined;
  }
};

function describe(id) {
  const { Job_Name, pid, isDeleted } = read(id);
  const exit = contentOf(`${id}.exit`);
  if (isDeleted) return { Job_Name, job_state: 'F', Exit_status: 271, substate: 91 };
  if (exit !== undefined)
    return { Job_Name, job_state: 'F', Exit_status: Number(exit), substate: 92 };
  if (pid !== undefined && !isLive(pid))
    return { Job_Name, job_state: 'F', Exit_status: 265, substate: 93 };
  if (contentOf(`${id}.begun`) !== undefined) return { Job_Name, job_state: 'R', substate: 42 };
  return { Job_Name, job_state: 'Q', substate: 10, comment: 'Not Running: waiting for a job' };
}

function qstat() {
  const asked = words.filter((word) => /^\d/.test(word)).map((id) => id.replace('.server', ''));
  const ids = asked.flatMap((id) => (id.endsWith('[]') ? [id, ...workersOf(id)] : [id]));
  const unknown = ids.find((id) => contentOf(`${id}.json`) === undefined);
  if (unknown !== undefined) {
    process.stderr.write(`qstat: Unknown Job Id ${unknown}\n`);
    process.exit(153);
  }
  const Jobs = Object.fromEntries(ids.map((id) => [`${id}.server`, describe(id)]));
  process.stdout.write(JSON.stringify({ timestamp: 1, pbs_version: 'stand-in', Jobs }));
}

function qselect() {
  const found = known().filter((id) => !/\[\d/.test(id) && read(id).Job_Name === option('-N'));
  process.stdout.write(found.map((id) => `${id}.server\n`).join(''));
}

function qdel() {
  const [asked] = words;
  for (const id of asked.endsWith('[]') ? [asked, ...workersOf(asked)] : [asked]) {
    const job = read(id);
    write(id, { ...job, isDeleted: true });
    if (job.pid !== undefined) process.kill(-job.pid, 'SIGTERM');
  }
}

({ qsub, qstat, qselect, qdel })[command]();
