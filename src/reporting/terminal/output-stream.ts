/** What reporters write to: `process.stdout`, or a test's own. Sizes are undefined where it is no terminal. */
export interface OutputStream {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
}
