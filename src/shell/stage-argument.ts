import { shellQuote } from './shell-quote.ts';

/** A stage's name as the command line takes it without quotes: `fit[seed=2]` is `fit@seed=2`. */
export function stageArgument(stage: string): string {
  const bare = stage.replace(/\[(.*)\]$/, '@$1');
  return /^[\w@%+:=,./-]+$/.test(bare) ? bare : shellQuote(bare);
}
