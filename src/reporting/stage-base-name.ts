/** The name of a stage without its values of a matrix. */
export function baseName(stage: string): string {
  const at = stage.endsWith(']') ? stage.indexOf('[') : -1;
  return at < 0 ? stage : stage.slice(0, at);
}
