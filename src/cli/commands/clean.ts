import { formatCountOf } from '../../format-numbers.ts';
import { findUnclaimedOutputs } from '../../project/upkeep/find-unclaimed.ts';
import { print } from '../support/command-error.ts';
import { openHere } from '../support/open-here.ts';

export async function cleanCommand({ yes = false }: { readonly yes?: boolean }): Promise<void> {
  const outputs = await findUnclaimedOutputs(openHere());
  if (!yes) {
    for (const { path, pipeline, stage, isChanged } of outputs) {
      const removal = `would remove ${path} (${stage} of ${pipeline})`;
      print((await isChanged()) ? `would keep ${kept(path)}` : removal);
    }
    return print(outputs.length > 0 ? 'To remove them: restage clean --yes' : 'Nothing to clean.');
  }
  let removed = 0;
  for (const { path, remove } of outputs) {
    const end = await remove();
    if (end === 'kept') print(`kept ${kept(path)}`);
    if (end === 'removed') removed += 1;
  }
  print(`Removed ${formatCountOf(removed, 'output')}.`);
}

const kept = (path: string): string => `${path}: it was changed since it was published`;
