/** Whether the page lies in a folder of files, which no server sends. */
export const isStatic = document.documentElement.dataset['static'] !== undefined;

/** The address of a run's page. */
export const runAddress = (run: string): string => (isStatic ? `run-${run}.html` : `/run/${run}`);
