import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import { loadPlaces } from '../../engine/places/place-file.ts';
import { schedulerPrograms } from '../../engine/places/schedulers/schedulers.ts';
import { loadStoreFile } from '../../engine/store/remote/store-file.ts';
import { formatBytes, formatCountOf } from '../../format-numbers.ts';
import { usableCores, usableMemory } from '../../machine-limits.ts';
import { packageRoot } from '../../package-root.ts';
import type { OpenedProject } from '../opened-project.ts';
import { schedulersOf } from '../own-scheduler.ts';
import { version } from '../package-info.ts';

/**
 * One line of the answer. `lacks` says what does not work, and what to do; it is absent where
 * nothing is missing.
 */
export interface Finding {
  readonly name: string;
  readonly state: string;
  readonly lacks?: string;
  /** Whether Restage does not work at all without it. */
  readonly needed?: boolean;
}

interface Program {
  readonly name: string;
  /** Commands, of which the first that works counts. */
  readonly of: readonly string[];
  /** The arguments that print a version. */
  readonly asks: readonly string[];
  /** What does not work without it. */
  readonly lacks: string;
}

/** Programs that parts of Restage start. */
const programs: readonly Program[] = [
  { name: 'Git', of: ['git'], asks: ['--version'], lacks: 'runs are recorded without the commit' },
  {
    name: 'Python',
    of: ['python3'],
    asks: ['--version'],
    lacks: 'stages of the kind python cannot run',
  },
  {
    name: 'PyTorch',
    of: ['python3', '/usr/bin/python3'],
    asks: ['-c', 'import sys, torch; print(torch.__version__, "in", sys.executable)'],
    lacks:
      'the template pytorch of `restage init` cannot run; a virtual environment .venv in the project may have it',
  },
  {
    name: 'GPU',
    of: ['nvidia-smi'],
    asks: ['--query-gpu=name,memory.total', '--format=csv,noheader'],
    lacks: 'no NVIDIA driver; the default backend computes on the processor',
  },
  {
    name: 'ffmpeg',
    of: ['ffmpeg'],
    asks: ['-version'],
    lacks: 'stages of the kind frames cannot decode videos, and `h264` cannot encode',
  },
  {
    name: 'Browser',
    of: ['chromium', 'google-chrome', 'firefox', 'xdg-open'],
    asks: ['--version'],
    lacks: 'reports open in any browser, also on another machine',
  },
  ...schedulerPrograms.map(({ name, command, asks, engine }) => ({
    name,
    of: [command],
    asks,
    lacks: `places with \`engine: ${engine}\` cannot be used from here`,
  })),
  { name: 'SSH', of: ['ssh'], asks: ['-V'], lacks: 'shared stores over SSH cannot be reached' },
  {
    name: 'strace',
    of: ['strace'],
    asks: ['--version'],
    lacks: '`run --check-reads` cannot watch commands',
  },
];

/**
 * What this machine and a project have, and what is missing for what, the more important first.
 * Starts the default backend and the programs that parts of Restage start.
 */
export async function examineMachine({ root }: OpenedProject): Promise<readonly Finding[]> {
  return [
    ...ownNeeds(root),
    await backend(),
    ...programs.map(program),
    ...(await projectFiles(root)),
  ];
}

function ownNeeds(root: string): readonly Finding[] {
  const { bavail, bsize } = statfsSync(root);
  const free = bavail * bsize;
  const memory = usableMemory();
  const written = ['cache', 'artifacts'].map((name) =>
    existsSync(join(root, name)) ? join(root, name) : root,
  );
  return [
    { name: 'Restage', state: `${version} in ${packageRoot}` },
    { name: 'Node', state: process.version },
    { name: 'Cores', state: String(usableCores()) },
    {
      name: 'Memory',
      state: formatBytes(memory),
      ...(memory < 2 * 2 ** 30 && { lacks: 'trainings need 2 GiB or more' }),
    },
    {
      name: 'Disk',
      state: `${formatBytes(free)} free in ${root}`,
      ...(free < 2 ** 30 && {
        lacks: 'results need room; `restage gc` frees what is old',
        needed: true,
      }),
    },
    ...Array.from(new Set(written))
      .filter((folder) => !isWritable(folder))
      .map((folder) => ({
        name: 'Folder',
        state: folder,
        lacks: 'cannot be written',
        needed: true,
      })),
  ];
}

function isWritable(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** Starts the default backend, which loads its binaries. */
async function backend(): Promise<Finding> {
  try {
    const { selectBackend } = await import('../../backend/select/select-backend.ts');
    const { name, versions } = await selectBackend('auto');
    const of = Object.entries(versions).map((entry) => entry.join(' '));
    return { name: 'Backend', state: `${name} (${of.join(', ')})` };
  } catch (error) {
    return { name: 'Backend', state: 'does not start', lacks: String(error), needed: true };
  }
}

function program({ name, of, asks, lacks }: Program): Finding {
  let state = 'not found';
  for (const command of of) {
    const { status, stdout, stderr, error } = spawnSync(command, asks, {
      encoding: 'utf8',
      timeout: 60_000,
    });
    const [line = ''] = (stdout || stderr || '').trim().split('\n');
    if (status === 0) return { name, state: line };
    if (error === undefined)
      state = `${command} does not work here (${stderr.trim().split('\n').at(-1)})`;
  }
  return { name, state, lacks };
}

/**
 * The files of a project that name machines: whether they can be read, not whether the machines
 * answer.
 */
async function projectFiles(root: string): Promise<readonly Finding[]> {
  const places = await loadPlaces(root, { openForm: schedulersOf(root) });
  const store = loadStoreFile(root);
  const broken = (name: string, file: string): Finding => ({
    name,
    state: join(root, file),
    lacks: `it has mistakes: \`restage ${name === 'Places' ? 'places check <place>' : 'store status'}\` names them`,
    needed: true,
  });
  return [
    places.ok
      ? { name: 'Places', state: placesText([...places.value.byName.keys()]) }
      : broken('Places', 'places.yaml'),
    store.ok
      ? { name: 'Store', state: storeText(store.value?.stores.map(({ url }) => url)) }
      : broken('Store', 'store.yaml'),
  ];
}

const placesText = (names: readonly string[]): string =>
  names.length === 0
    ? 'this machine'
    : `${formatCountOf(names.length, 'place')}: ${names.join(', ')}`;

const storeText = (shared: readonly string[] | undefined): string =>
  shared === undefined ? 'cache/, not shared' : `cache/ and ${shared.join(', ')}`;
