import { existsSync, readFileSync } from 'node:fs';
import { sha256 } from '../../../digest.ts';
import { shellQuote } from '../../../shell/shell-quote.ts';
import { UserError } from '../../../user-error.ts';
import type { RunManifest } from '../runs/run-manifest.ts';
import type { StageResult } from '../stage-result.ts';
import { runKey } from './envelope.ts';
import { Push } from './push.ts';
import type { SharedStore } from './shared-store.ts';

/**
 * Sends a run with all of its results, even those that are known to be there, and its report where
 * `page` names one. Returns the stages whose results can be shared. Throws if some of them are not
 * whole here, or came from a key that is no longer trusted: signed again, they would count again.
 */
export async function exportRun(
  store: SharedStore,
  manifest: RunManifest,
  page?: string,
): Promise<readonly string[]> {
  const { remote, outbox } = store;
  const report =
    page !== undefined && existsSync(page)
      ? { path: page, digest: sha256(readFileSync(page)) }
      : undefined;
  const stages = outbox.shareableStages(manifest);
  const results = wholeResults(store, { ...manifest, stages });
  const { id } = remote.own!;
  const push = new Push({
    request: (act) => remote.request(act),
    key: remote.own!,
    located: new Map(),
  });
  await push.send(results.map((result) => ({ ...outbox.parcelOf(result), onSent: () => {} })));
  const objects = report === undefined ? [] : [report];
  const text = JSON.stringify({ ...manifest, stages, ...(report && { report: report.digest }) });
  const key = runKey(manifest.pipeline, manifest.run, id);
  await push.send([{ kind: 'run', key, text, objects, onSent: () => {} }]);
  const [failed] = push.failed;
  if (failed !== undefined) throw new UserError(`${failed.key} cannot be sent: ${failed.why}`);
  return Object.keys(stages);
}

/**
 * The results of a run's stages. Throws a {@link UserError} that names those to be fetched first.
 */
function wholeResults(
  store: SharedStore,
  { stages, pipeline }: RunManifest,
): readonly StageResult[] {
  const whole: StageResult[] = [];
  const lacking: string[] = [];
  for (const [stage, { result: digest }] of Object.entries(stages)) {
    const result = store.local.readResult(digest);
    if (result !== undefined && store.isWholeHere(result)) whole.push(result);
    else lacking.push(stage);
  }
  if (lacking.length === 0) return whole;
  const command = (name: string) =>
    `\`restage ${name} ${shellQuote(`${pipeline}.yaml`)} --fetch all\``;
  const message = `The outputs of ${lacking.join(', ')} are not all here, or come from a key that is not trusted`;
  throw new UserError(
    `${message}: ${command('run')} brings them; without the data, ${command('store pull')}`,
  );
}
