/** A part of the documentation, with its pages in the order in which to read them. */
export interface ManualGroup {
  readonly title: string;
  /** What a reader finds in it. */
  readonly about: string;
  /** Markdown files, from the root of the repository. */
  readonly pages: readonly string[];
}

/**
 * The contents of the documentation: of `restage docs`, and of the site. Every page of `docs/` is
 * in exactly one group.
 */
export const manualGroups: readonly ManualGroup[] = [
  {
    title: 'Start',
    about: 'From nothing to a first report, and to your own images',
    pages: ['README.md', 'docs/tutorial.md', 'docs/gallery.md', 'docs/comparison.md'],
  },
  {
    title: 'Learn',
    about: 'How to train, measure, explain and share',
    pages: [
      'docs/experiments.md',
      'docs/training.md',
      'docs/networks.md',
      'docs/weights.md',
      'docs/onnx.md',
      'docs/classes.md',
      'docs/videos.md',
      'docs/forge.md',
      'docs/sweeps.md',
      'docs/evaluation.md',
      'docs/sealed.md',
      'docs/protocols.md',
      'docs/report-a-detector.md',
      'docs/explanation.md',
      'docs/serve.md',
      'docs/cluster.md',
      'docs/own-schedulers.md',
      'docs/hosts.md',
      'docs/store.md',
      'docs/records.md',
      'docs/pull-requests.md',
      'docs/assistants.md',
      'docs/dvc.md',
      'docs/notebooks.md',
    ],
  },
  {
    title: 'Cookbook',
    about: 'Recipes of one screen',
    pages: ['docs/cookbook.md'],
  },
  {
    title: 'Reference',
    about: 'Every command, key, kind and message',
    pages: [
      'docs/commands.md',
      'docs/yaml.md',
      'docs/kinds.md',
      'docs/diagnostics.md',
      'docs/formats.md',
      'docs/python.md',
      'docs/own-kinds.md',
      'docs/library.md',
      'docs/guarantees.md',
      'docs/licences.md',
      'CHANGELOG.md',
    ],
  },
  {
    title: 'Internals',
    about: 'How it is built, and why',
    pages: [
      'ARCHITECTURE.md',
      'docs/cache.md',
      'docs/decisions.md',
      'CONTRIBUTING.md',
      'docs/release.md',
      'src/engine/README.md',
      'src/project/README.md',
      'src/reporting/README.md',
      'src/learning/README.md',
      'src/backend/README.md',
      'src/cli/README.md',
    ],
  },
  {
    title: 'Study',
    about: 'What came out on photographs',
    pages: ['docs/study.md', 'docs/report.md', 'docs/earlier-study.md'],
  },
];

/** All pages, in the order of reading. */
export const manualPages: readonly string[] = manualGroups.flatMap(({ pages }) => pages);

/**
 * The address of a page within the documentation, without a slash before it: `tutorial`, `readme`,
 * `engine`.
 */
export function addressOf(page: string): string {
  const [, room] = /^src\/([\w-]+)\/README\.md$/.exec(page) ?? [];
  const [, name] = /([\w-]+)\.md$/.exec(page) ?? [];
  return room ?? name!.toLowerCase();
}
