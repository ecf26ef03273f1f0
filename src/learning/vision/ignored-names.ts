/** Whether a file or folder of images is passed over: systems and tools hide theirs by a dot. */
export const isIgnoredName = (name: string): boolean => name.startsWith('.');
