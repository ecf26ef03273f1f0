import { execFile } from 'node:child_process';
import { accessSync, constants, realpathSync, statSync } from 'node:fs';
import { delimiter, dirname, isAbsolute, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { type CodeQuestion, type FoundCode, StageError } from '../../../stage.ts';

/** How to start the programs. A type, since to the compiler an interface is no JSON object. */
export type Ffmpeg = {
  /** Absolute paths. */
  readonly ffmpeg: string;
  readonly ffprobe: string;
  /** The words by which ffmpeg neither repeats nor drops frames; older versions have others. */
  readonly everyFrame: readonly string[];
};

/** How to get it, a sentence. */
export const installFfmpeg =
  'Install the package ffmpeg: `apt-get install ffmpeg` on Debian and Ubuntu, `conda install -c conda-forge ffmpeg`, or `brew install ffmpeg` with Homebrew.';

/** What a kind does with ffmpeg. */
export interface FfmpegUse {
  /** As messages say it: `frames are decoded`. */
  readonly purpose: string;
  /** Whether the kind has a setting `ffmpeg`, which names the program. */
  readonly isNamed: boolean;
}

/** What helps where the ffmpeg that the setting names, if it does, is of no use. */
function adviceFor(named: string | undefined, { isNamed }: FfmpegUse): string {
  if (!isNamed) return installFfmpeg;
  return named === undefined
    ? `${installFfmpeg} Or name its path by the setting \`ffmpeg\`.`
    : `Correct the path in the setting \`ffmpeg\`, or remove it to take the ffmpeg of the PATH. ${installFfmpeg}`;
}

/**
 * Finds ffmpeg and ffprobe. Their versions, and those of their libraries, stand for their code.
 * Throws a {@link StageError} where one is missing or does not start.
 */
export async function findFfmpeg(
  { root, settings, env }: CodeQuestion,
  use: FfmpegUse,
): Promise<FoundCode> {
  const named = settings['ffmpeg'] as string | undefined;
  const advice = adviceFor(named, use);
  const ffmpeg = named?.includes('/') ? resolve(root, named) : onPath(named ?? 'ffmpeg', env);
  if (ffmpeg === undefined || !isProgram(ffmpeg)) {
    const where = named === undefined ? 'there is no ffmpeg on the PATH' : `${named} is no program`;
    throw new StageError(
      `Expected the program ffmpeg, by which ${use.purpose}, but ${where}. ${advice}`,
    );
  }
  const ffprobe = join(dirname(ffmpeg), 'ffprobe');
  if (!isProgram(ffprobe)) {
    throw new StageError(
      `Expected the program ffprobe beside ${ffmpeg}, but there is none. It comes with ffmpeg. ${advice}`,
    );
  }
  const versions = await Promise.all([versionOf(ffmpeg, advice), versionOf(ffprobe, advice)]);
  const start: Ffmpeg = { ffmpeg, ffprobe, everyFrame: everyFrameOf(versions[0][0]!) };
  return {
    sources: Object.fromEntries(versions.flat().map((name) => [name, ''])),
    variables: ['PATH'],
    loaded: [],
    start,
    files: [],
    looked: [...new Set([ffmpeg, ffprobe].flatMap((path) => [path, realpathSync(path)]))],
    warnings: [],
    isVolatile: false,
  };
}

function onPath(name: string, env: CodeQuestion['env']): string | undefined {
  const folders = (env['PATH'] ?? '').split(delimiter).filter(isAbsolute);
  return folders.map((folder) => join(folder, name)).find(isProgram);
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/**
 * The versions of a program and of the libraries that it loads: `ffmpeg 7.1.1`. `advice` says what
 * helps where it does not start.
 */
async function versionOf(path: string, advice: string): Promise<readonly string[]> {
  try {
    const { stdout } = await promisify(execFile)(path, ['-version'], {
      timeout: 30_000,
      killSignal: 'SIGKILL',
    });
    const [, name, version] = /^(\w+) version (\S+)/.exec(stdout) ?? [];
    if (name === undefined) throw new Error('it does not print its version');
    const libraries = stdout.matchAll(/^(lib\w+) .*\/ *(\d+)\. *(\d+)\. *(\d+)/gm);
    return [
      `${name} ${version}`,
      ...Array.from(libraries, ([, library, ...numbers]) => `${library} ${numbers.join('.')}`),
    ];
  } catch (error) {
    throw new StageError(`${path} cannot be used: ${(error as Error).message.trim()}. ${advice}`);
  }
}

/** `-fps_mode` came with 5.1, and `-vsync` went later. */
function everyFrameOf(version: string): readonly string[] {
  const [, major, minor] = /^\w+ n?(\d+)\.(\d+)/.exec(version) ?? [];
  const isOld = major !== undefined && Number(major) + Number(minor) / 10 < 5.1;
  return isOld ? ['-vsync', 'passthrough'] : ['-fps_mode', 'passthrough'];
}
