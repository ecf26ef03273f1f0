import { plan } from '../../engine/plan/plan.ts';
import { FolderStore } from '../../engine/store/folder-store.ts';
import { plainText } from '../../plain-text.ts';
import { exitCodes } from '../exit-codes.ts';
import { makeWorld, saveDigests, warnOnStderr } from '../make-world.ts';
import { openProject } from '../open-project.ts';
import { printMistakes } from '../print-mistakes.ts';
import { stageLog } from '../stage-log.ts';

/** `restage logs`: what a stage printed for the result that is published, or when it last ran, with whatever end. */
export async function logsCommand(
  words: readonly string[],
  options: { readonly set: readonly string[]; readonly raw?: boolean },
): Promise<number> {
  const opened = await openProject({ words, set: options.set, last: true });
  if (!opened.ok) return printMistakes(opened.error);
  const { pipeline, stages, root } = opened.value;
  const named = new Set(opened.value.named);
  const world = makeWorld(opened.value, 'auto', warnOnStderr);
  const cache = FolderStore.open(root, warnOnStderr);
  for (const planned of await plan(stages, world)) {
    const { name } = planned.stage;
    if (!named.has(name)) continue;
    const log = stageLog(cache, pipeline.name, planned);
    if (log === undefined) process.stderr.write(`${name} never ran here.\n`);
    else {
      const text = options.raw === true ? log.text : plainText(log.text);
      process.stdout.write(`${plainText(log.head)}${log.text === '' ? ' (it printed nothing)' : ''}\n${text}`);
    }
  }
  saveDigests(world);
  return exitCodes.ok;
}
