import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Html } from './html.ts';

/** In the order in which they need one another; each as its package builds it for a browser, with Vega's own name for it. */
const packages = ['vega', 'vega-lite', 'vega-embed'] as const;

let scripts: Html | undefined;

/** The scripts that draw charts, once for a page, as text from the installed packages: nothing is fetched to look at it. */
export function vegaScripts(): Html {
  scripts ??= new Html(
    packages.map((name) => `<script>${inScript(readFileSync(fileOf(name), 'utf8'))}</script>`).join('\n'),
  );
  return scripts;
}

/** Beside the module that the package exports, which says where it lies. */
function fileOf(name: (typeof packages)[number]): string {
  return join(dirname(fileURLToPath(import.meta.resolve(name))), `${name}.min.js`);
}

/** Code whose texts cannot end the element that it stands in. The map of its sources is not there to be found. */
function inScript(code: string): string {
  return code
    .replace(/^\/\/# sourceMappingURL=.*$/m, '')
    .replace(/<(\/script|!--|script)/gi, '\\x3c$1')
    .trim();
}
