import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Document, isMap, isScalar, parseDocument } from 'yaml';
import { z } from 'zod';
import { explainIssues } from '../../engine/config/schema/explain-issues.ts';
import { readMap } from '../../engine/config/yaml/load-document.ts';
import { toJson } from '../../engine/config/yaml/node.ts';
import type { Diagnostic } from '../../engine/diagnostics/diagnostic.ts';
import { cacheOf, leasePath } from '../../engine/files/cache-paths.ts';
import { writeAtomic } from '../../engine/files/write-atomic.ts';
import { writing } from '../../engine/files/write-error.ts';
import { Lease } from '../../engine/store/lease.ts';
import { plainTexts } from '../../plain-text.ts';
import { err, ok, type Result } from '../../result.ts';
import { UserError } from '../../user-error.ts';

const text = (most: number) => z.string().max(most);

const viewShape = z.strictObject({
  rows: z.enum(['runs', 'members']).default('runs'),
  filter: text(2000).default(''),
  sort: text(500).default(''),
  columns: z.array(text(500)).max(500).default([]),
});

/** A view of the table of runs, under a name that a team shares. */
export type SavedView = Readonly<z.infer<typeof viewShape>>;

const viewName = text(100).min(1);
const fileShape = z.strictObject({ views: z.record(viewName, viewShape).default({}) });
/** A new view, or null in place of one that is removed. */
const requestShape = z.strictObject({ name: viewName, view: viewShape.nullable() });

/** What a page asks to save. */
export type ViewRequest = z.infer<typeof requestShape>;

/** The request in a value; undefined for anything else. */
export function parseViewRequest(value: unknown): ViewRequest | undefined {
  const parsed = requestShape.safeParse(value);
  if (!parsed.success) return undefined;
  const request = plainTexts(parsed.data);
  const name = request.name.trim();
  return name === '' || heldByNoFile.has(name) ? undefined : { ...request, name };
}

/** Names that YAML or objects read as something else: the file could not be read, or lost them. */
const heldByNoFile: ReadonlySet<string> = new Set(['<<', '__proto__']);

/** The most views of a file, so that none fills a page. */
const mostViews = 200;
const beginning = ' Views of the table of runs, as `restage serve` shows and saves them.';

/**
 * The views of a project: `views.yaml` in its root, which people may edit by hand too. It belongs
 * into the repository.
 */
export class SavedViews {
  readonly #root: string;

  constructor(root: string) {
    this.#root = root;
  }

  get #path(): string {
    return join(this.#root, 'views.yaml');
  }

  /** The views by name in the order of the file, or all mistakes of the file. */
  read(): Result<ReadonlyMap<string, SavedView>, readonly Diagnostic[]> {
    if (!existsSync(this.#path)) return ok(new Map());
    const file = readMap(this.#path, this.#root, 'The file views.yaml');
    if (!file.ok) return file;
    const node = file.value;
    const parsed = fileShape.safeParse(toJson(node));
    if (!parsed.success) {
      const subject = { node, schema: fileShape, prefix: '', at: node.at };
      return err(explainIssues(parsed.error.issues, subject));
    }
    return ok(new Map(Object.entries(plainTexts(parsed.data.views)).slice(0, mostViews)));
  }

  /**
   * Adds a view, replaces one of its name, or removes it. Comments and other views stay. Returns
   * the mistakes of a file that cannot be edited. Throws a `WriteError`, and a `UserError` where
   * the file is full.
   */
  async save({ name, view }: ViewRequest): Promise<readonly Diagnostic[]> {
    await using _lease = await Lease.acquire(leasePath(cacheOf(this.#root), 'views'));
    const before = this.read();
    if (!before.ok) return before.error;
    if (view !== null && !before.value.has(name) && before.value.size >= mostViews)
      throw new UserError(`views.yaml has ${mostViews} views already: remove one first`);
    const document = existsSync(this.#path)
      ? parseDocument(readFileSync(this.#path, 'utf8'))
      : newDocument();
    const key = keyOf(document, name);
    if (view === null) document.deleteIn(['views', key]);
    else document.setIn(['views', key], document.createNode(withoutDefaults(view)));
    const content = document.toString({ lineWidth: 100 });
    writing('views.yaml', () => writeAtomic(this.#path, content, { sync: false }));
    return [];
  }
}

/** The key of a view as the file has it: a person may have written `2026` without quotes. */
function keyOf(document: Document, name: string): unknown {
  const views = document.get('views');
  const keys = isMap(views) ? views.items.map(({ key }) => (isScalar(key) ? key.value : key)) : [];
  return keys.find((key) => String(key) === name) ?? name;
}

function newDocument(): Document {
  const document = new Document({ views: {} });
  document.commentBefore = beginning;
  return document;
}

/** What a person would have written. */
const withoutDefaults = ({ rows, filter, sort, columns }: SavedView) => ({
  ...(rows !== 'runs' && { rows }),
  ...(filter !== '' && { filter }),
  ...(sort !== '' && { sort }),
  ...(columns.length > 0 && { columns: [...columns] }),
});
