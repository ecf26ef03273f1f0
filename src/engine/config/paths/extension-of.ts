/** What a program may choose a format by, of the name that a POSIX path ends in: `.tar.gz`; empty where there is none. */
export const extensionOf = (path: string): string =>
  /\.[A-Za-z0-9.]+$/.exec(path.slice(path.lastIndexOf('/') + 1))?.[0] ?? '';
