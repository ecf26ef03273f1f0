/** A function or class of a Python module: its signature as it is written, and its docstring. */
interface Declared {
  readonly signature: string;
  readonly text: string;
}

/**
 * The reference of `restage.py` as Markdown: every public function and class, with its signature
 * and its docstring, in the order of the file.
 */
export function pythonReference(source: string): string {
  const parts = declarationsOf(source).map(
    ({ signature, text }) =>
      `## \`${nameOf(signature)}\`\n\n\`\`\`python\n${signature}\n\`\`\`\n\n${paragraphs(text)}`,
  );
  const intro = /^"""([\s\S]*?)"""/.exec(source)![1]!;
  return `# restage.py\n\n${paragraphs(intro)}\n\nHow programs become stages: [python](../python.md).\n\n${parts.join('\n\n')}\n`;
}

/** Public functions, classes, and the public methods of classes. */
function declarationsOf(source: string): readonly Declared[] {
  const form =
    /^( {4})?(?:def|class) ([a-z]\w*|Results)(?:\(([\s\S]*?)\))?( -> [^:\n]+)?:\n\s+"""([\s\S]*?)"""/gm;
  let inClass = '';
  const found: Declared[] = [];
  for (const [whole, indent, name, parameters = '', returned = '', text] of source.matchAll(form)) {
    const isClass = /^\s*class /.test(whole!);
    if (indent === undefined) inClass = isClass ? name! : '';
    else if (inClass === '') continue;
    const words = parameters
      .replaceAll(/\s+/g, ' ')
      .replace(/^self(, )?/, '')
      .trim();
    const signature =
      isClass && indent === undefined
        ? `class ${name}`
        : `${indent === undefined ? '' : `${inClass}.`}${name}(${words})${returned}`;
    found.push({ signature, text: text! });
  }
  return found;
}

const nameOf = (signature: string): string => /^(?:class )?([\w.]+)/.exec(signature)![1]!;

/** A docstring as paragraphs, without its indentation. */
const paragraphs = (text: string): string =>
  text
    .split('\n')
    .map((line) => line.trim())
    .join('\n')
    .trim()
    .replaceAll('*', '\\*')
    .replaceAll('<', '&lt;');
