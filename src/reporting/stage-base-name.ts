/** The name of a stage without its values of a matrix. */
export const baseName = (stage: string): string => stage.replace(/\[.*\]$/, '');
