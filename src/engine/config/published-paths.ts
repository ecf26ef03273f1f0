/**
 * The folder where a pipeline publishes by default, relative to the root: `artifacts/@/xception`
 * for `./xception`.
 */
export function publishedFolder(name: string): string {
  return `artifacts/${name.replace(/^(\.\.?\/)+/, (dots) => dots.replaceAll('.', '@'))}`;
}

/**
 * The path of the report of a pipeline's last run, relative to the root. No stage may publish
 * there.
 */
export const reportPath = (name: string): string => `${publishedFolder(name)}/report.html`;
