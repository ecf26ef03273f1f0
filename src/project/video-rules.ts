import { parse } from 'yaml';
import { z } from 'zod';
import type { VideoRule } from '../learning/metrics/scores/aggregate-videos.ts';
import { type Aggregate, videoSettings } from '../learning/metrics/scores/video-settings.ts';
import { UsageError } from '../user-error.ts';

/** The options of a command that say how images are joined by video, as texts. */
export interface VideoOptions {
  readonly by?: 'video';
  readonly aggregate?: string;
  readonly missing?: string;
}

const settings = z.strictObject(videoSettings);

/** The aggregate of an option. Throws a `UsageError`. */
export function readAggregate(text: string | undefined): Aggregate {
  const parsed = settings.shape.aggregate.safeParse(readYaml(text));
  if (parsed.success) return parsed.data;
  throw new UsageError(
    `--aggregate: expected mean, median, max, "{ top: 5 }" or "{ above: 0.5 }", got "${text}"`,
  );
}

/** The rule of a command's options; undefined where nothing is joined. Throws a `UsageError`. */
export function readVideoRule({ by, aggregate, missing }: VideoOptions): VideoRule | undefined {
  if (by === undefined) {
    const strayMissing = missing === undefined ? undefined : '--missing';
    const stray = aggregate === undefined ? strayMissing : '--aggregate';
    if (stray !== undefined) throw new UsageError(`${stray} needs --by video`);
    return undefined;
  }
  const parsed = settings.shape.missing.safeParse(readYaml(missing));
  if (parsed.success) return { aggregate: readAggregate(aggregate), missing: parsed.data };
  throw new UsageError(`--missing: expected 0.5, wrong or excluded, got "${missing}"`);
}

/** The value of a text of YAML; of one that is none, the text itself, which no setting takes. */
function readYaml(text: string | undefined): unknown {
  if (text === undefined) return undefined;
  try {
    return parse(text);
  } catch {
    return text;
  }
}
