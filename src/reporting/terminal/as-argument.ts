/** A stage's name as the command line takes it without quotes: `fit[seed=2]` is `fit@seed=2`. */
export function asArgument(stage: string): string {
  const bare = stage.replace(/\[(.*)\]$/, '@$1');
  return /^[\w@%+:=,./-]+$/.test(bare) ? bare : `'${bare}'`;
}
