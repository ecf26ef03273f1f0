/** The name of a stage without its values of a matrix. */
export function baseName(stage: string): string {
  const at = stage.endsWith(']') ? stage.indexOf('[') : -1;
  return at < 0 ? stage : stage.slice(0, at);
}

/** The name of a stage without its seed, which its repetitions share: `fit[rate=0.1]`. */
export const nameWithoutSeed = (stage: string): string =>
  stage.replace(/(?<=[[,])seed=[^,\]]*,?|,seed=[^,\]]*(?=\])/, '');
