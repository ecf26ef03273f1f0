import { plan } from '../../engine/plan/plan.ts';
import { FolderStore } from '../../engine/store/folder-store.ts';
import { plainText } from '../../plain-text.ts';
import { orThrow } from '../command-error.ts';
import { makeWorld, saveDigests, warnOnStderr } from '../make-world.ts';
import { openProject } from '../open-project.ts';
import { stageLog } from '../stage-log.ts';

/** `restage logs`: what a stage printed for the result that is published, or when it last ran, with whatever end. */
export async function logsCommand(
  words: readonly string[],
  options: { readonly set: readonly string[]; readonly raw?: boolean },
): Promise<void> {
  const project = orThrow(await openProject({ words, set: options.set, last: true }));
  const { pipeline, stages, root } = project;
  const named = new Set(project.named);
  const world = makeWorld(project, 'auto', warnOnStderr);
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
}
