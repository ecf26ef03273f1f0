import { closeSync, createReadStream, existsSync, fstatSync, openSync } from 'node:fs';
import { extname } from 'node:path';
import { Readable } from 'node:stream';
import type { Context } from 'hono';
import type { Digest } from '../../digest.ts';
import { type LedgerState, sealedCopies, stateOf } from '../../engine/seals/ledger-lines.ts';
import { isInPart, sealedParts } from '../../engine/seals/sealed-parts.ts';
import type { LocalStore } from '../../engine/store/local-store.ts';
import type { StoredArtifact } from '../../engine/store/stage-result.ts';
import { formatCountOf } from '../../format-numbers.ts';
import { html } from '../report/html.ts';
import { type ArtifactFiles, imageTypes } from '../report/show-artifact.ts';

/** The reasons why the store has no bytes of a known result. */
export const whyGone =
  '`restage gc` removed it, or it is in the shared store, which `restage run --fetch all` brings';

/**
 * The most artifacts that can be requested, those that pages listed last, and the most files that a
 * folder's page names.
 */
const mostListed = 20_000;
const mostNamed = 2_000;

/** An artifact that is opened by itself runs no scripts and loads nothing. */
const sandbox = "sandbox; default-src 'none'; img-src data:; style-src 'unsafe-inline'";

const textTypes = new Set(['.csv', '.json', '.jsonl', '.md', '.txt', '.log', '.yaml', '.yml']);

/** Media types under which a browser may show a file; others are saved. */
function typeOf(name: string): string {
  const extension = extname(name).toLowerCase();
  if (textTypes.has(extension)) return 'text/plain; charset=utf-8';
  if (extension === '.html') return 'text/html; charset=utf-8';
  return imageTypes[extension] ?? 'application/octet-stream';
}

/** An artifact of a result, and the name of a single file, which a store does not keep. */
interface ListedArtifact {
  readonly artifact: StoredArtifact;
  readonly name: string;
}

/**
 * The artifacts that pages have listed, by digest. Nothing else can be read, and a member is looked
 * up in the listing: no part of an address becomes a path.
 */
export class Objects {
  readonly store: LocalStore;
  readonly #listed = new Map<Digest, ListedArtifact>();
  readonly #ledger: () => LedgerState;

  /** `ledger` gives what the ledger says now; without it, there is none. */
  constructor(store: LocalStore, ledger: () => LedgerState = () => stateOf([])) {
    this.store = store;
    this.#ledger = ledger;
  }

  /**
   * Whether a part of an artifact, such as the split `test` of a data set, is sealed, or has a copy
   * of sealed files: one of an earlier run has no seal.
   */
  isSealed(artifact: StoredArtifact, part: string): boolean {
    const state = this.#ledger();
    if (sealedParts(artifact, state.unsealed).some((sealed) => sealed.part === part)) return true;
    const files = artifact.files.filter(({ path }) => isInPart(path, new Set([part])));
    return (
      sealedCopies(
        state,
        files.map(({ digest }) => digest),
      ).count > 0
    );
  }

  /** The files of an artifact, which can be requested at `/object/<digest>/…` from now on. */
  list(artifact: StoredArtifact, name: string): ArtifactFiles & { readonly href: string } {
    this.#listed.delete(artifact.digest); // to the end: the oldest are forgotten first
    this.#listed.set(artifact.digest, { artifact, name });
    if (this.#listed.size > mostListed) this.#listed.delete(this.#listed.keys().next().value!);
    const base = `/object/${artifact.digest}`;
    const uri = (member: string) =>
      `${base}/${member.split('/').map(encodeURIComponent).join('/')}`;
    return {
      extension: extname(name),
      href: artifact.folder ? base : uri(name),
      names: () => artifact.files.map(({ path }) => path),
      has: (member) => artifact.files.some(({ path }) => path === member),
      path: (member) => this.pathOf(artifact, member),
      uri,
    };
  }

  get(digest: string): ListedArtifact | undefined {
    return this.#listed.get(digest as Digest);
  }

  /**
   * The object of a member; of the artifact itself by the empty name. Throws where the artifact has
   * none.
   */
  pathOf(artifact: StoredArtifact, member: string): string {
    const file = artifact.files.find(({ path }) => path === member);
    if (file === undefined) throw new Error(`There is no ${member} in this artifact`);
    return this.store.objectPath(file.digest);
  }

  /**
   * Answers `/object/<digest>/<member>`: the bytes, kept by browsers for ever, or what there is in
   * a folder.
   */
  respond(c: Context, digest: string, member: string): Response {
    const listed = this.get(digest);
    if (listed === undefined)
      return c.text('No page has listed this: load the page that links it again.', 404);
    const { artifact, name } = listed;
    if (artifact.folder && member === '') return c.html(folderPage(digest, artifact));
    const file = artifact.files.find(({ path }) => path === (artifact.folder ? member : ''));
    if (file === undefined || (!artifact.folder && member !== name))
      return c.text('There is no such file in it.', 404);
    if (this.isSealed(artifact, member.slice(0, Math.max(0, member.indexOf('/')))))
      return c.text('This is sealed: only stages that measure a model may read it.', 403);
    const path = this.store.objectPath(file.digest);
    if (!existsSync(path)) return c.text(`This file is not here: ${whyGone}.`, 410);
    const opened = openObject(path, file.size);
    if (opened === undefined)
      return c.text('This file is damaged: `restage verify` names what else is.', 410);
    const type = typeOf(artifact.folder ? member : name);
    c.header('Content-Security-Policy', sandbox);
    c.header('Cache-Control', 'private, max-age=31536000, immutable');
    c.header('Content-Type', type);
    c.header('Content-Length', String(file.size));
    if (type === 'application/octet-stream') c.header('Content-Disposition', 'attachment');
    if (c.req.method === 'HEAD') {
      closeSync(opened); // nobody would read it to its end
      return c.body(null);
    }
    return c.body(Readable.toWeb(createReadStream(path, { fd: opened })) as ReadableStream);
  }
}

/** A descriptor of an object; undefined if it cannot be read, or has another size. */
function openObject(path: string, size: number): number | undefined {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch {
    return undefined;
  }
  const stats = fstatSync(file);
  if (stats.isFile() && stats.size === size) return file;
  closeSync(file);
  return undefined;
}

const folderPage = (digest: string, { files }: StoredArtifact): string =>
  html`<!doctype html><html lang="en"><meta charset="utf-8"><title>Files</title><h1>${formatCountOf(files.length, 'file')}</h1><ul>${files
    .slice(0, mostNamed)
    .map(
      ({ path, size }) =>
        html`<li><a href="/object/${digest}/${path.split('/').map(encodeURIComponent).join('/')}">${path}</a> (${size} bytes)</li>`,
    )}</ul>${files.length > mostNamed && html`<p>… and ${files.length - mostNamed} more</p>`}`
    .markup;
