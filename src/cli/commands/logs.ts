import { readFileSync } from 'node:fs';
import { Cache } from '../../cache/cache.ts';
import type { StageName } from '../../config/pipeline.ts';
import { exitCodes } from '../exit-codes.ts';
import { warnOnStderr } from '../make-world.ts';
import { openProject } from '../open-project.ts';
import { printMistakes } from '../print-mistakes.ts';

/** `pipeline logs`: what a stage printed when it last ran, in whatever run and with whatever end. */
export async function logsCommand(
  words: readonly string[],
  options: { readonly set: readonly string[] },
): Promise<number> {
  const opened = await openProject({ words, set: options.set, last: true });
  if (!opened.ok) return printMistakes(opened.error);
  const { pipeline, named, root } = opened.value;
  const cache = Cache.open(root, warnOnStderr);
  for (const name of named) {
    const log = lastLog(cache, pipeline.name, name);
    if (named.length > 1) process.stdout.write(`==> ${name}\n`);
    if (log === undefined) process.stderr.write(`${name} has printed nothing, or never ran here.\n`);
    else process.stdout.write(log);
  }
  return exitCodes.ok;
}

/** Of the last run in which the stage ran, all attempts; else the log that its result came with, from another pipeline, say. */
function lastLog(cache: Cache, pipeline: string, stage: StageName): string | undefined {
  for (const run of cache.runs()) {
    if (run.pipeline() !== pipeline) continue;
    const logs = run.logs(stage);
    if (logs.length > 0) {
      const several = logs.length > 1;
      return logs
        .map((path, index) => `${several ? `--- attempt ${index + 1}\n` : ''}${readFileSync(path, 'utf8')}`)
        .join('');
    }
  }
  const latest = cache.readLatest(pipeline, stage);
  const log = latest === undefined ? undefined : cache.readResult(latest)?.record.log;
  return log === undefined ? undefined : readFileSync(cache.objectPath(log), 'utf8');
}
