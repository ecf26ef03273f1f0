/** A part of the documentation, with its pages in the order in which to read them. */
export interface ManualGroup {
  readonly title: string;
  /** What a reader finds in it. */
  readonly about: string;
  readonly chapters: readonly Chapter[];
}

/**
 * Markdown files of one topic, from the root of the repository: the first one introduces the
 * others.
 */
export type Chapter = readonly [string, ...string[]];

/**
 * The contents of the documentation: of `restage docs`, and of the site. Every page of `docs/` is
 * in exactly one group.
 */
export const manualGroups: readonly ManualGroup[] = [
  {
    title: 'First steps',
    about: 'From nothing to a first report, and to your own images',
    chapters: [['README.md'], ['docs/tutorial.md'], ['docs/gallery.md'], ['docs/comparison.md']],
  },
  {
    title: 'Learn',
    about: 'How to train, measure, explain and share',
    chapters: [
      ['docs/experiments.md'],
      [
        'docs/training.md',
        'docs/preprocessing.md',
        'docs/features.md',
        'docs/hand-made-features.md',
        'docs/resuming.md',
        'docs/backends.md',
      ],
      ['docs/networks.md'],
      ['docs/weights.md', 'docs/models.md', 'docs/export.md'],
      ['docs/onnx.md', 'docs/onnx-operators.md'],
      ['docs/classes.md'],
      ['docs/videos.md', 'docs/faces.md', 'docs/people.md', 'docs/video-scores.md'],
      ['docs/forge.md', 'docs/forge-measured.md'],
      ['docs/sweeps.md', 'docs/searches.md', 'docs/choosing.md', 'docs/other-tools.md'],
      [
        'docs/evaluation.md',
        'docs/other-scores.md',
        'docs/intervals.md',
        'docs/ranking.md',
        'docs/robustness.md',
        'docs/audit.md',
        'docs/charts.md',
        'docs/write-up.md',
        'docs/reports.md',
      ],
      ['docs/sealed.md'],
      ['docs/protocols.md'],
      ['docs/report-a-detector.md'],
      ['docs/course.md'],
      ['docs/explanation.md', 'docs/saliency.md', 'docs/gradcam.md', 'docs/faithfulness.md'],
      ['docs/serve.md', 'docs/filters.md', 'docs/image-pages.md', 'docs/share-pages.md'],
      [
        'docs/cluster.md',
        'docs/places.md',
        'docs/schedulers.md',
        'docs/cluster-faults.md',
        'docs/own-schedulers.md',
      ],
      ['docs/hosts.md'],
      ['docs/store.md', 'docs/store-commands.md', 'docs/trust.md'],
      ['docs/records.md'],
      ['docs/pull-requests.md'],
      ['docs/assistants.md'],
      ['docs/dvc.md'],
      ['docs/notebooks.md'],
    ],
  },
  {
    title: 'Cookbook',
    about: 'Recipes of one screen',
    chapters: [['docs/cookbook.md']],
  },
  {
    title: 'Reference',
    about: 'Every command, key, kind and message',
    chapters: [
      ['docs/commands.md', 'docs/run-options.md', 'docs/install.md'],
      [
        'docs/yaml.md',
        'docs/stages.md',
        'docs/inputs.md',
        'docs/matrix.md',
        'docs/commands-in-stages.md',
      ],
      ['docs/kinds.md'],
      ['docs/diagnostics.md', 'docs/project-mistakes.md'],
      ['docs/formats.md', 'docs/messages.md'],
      ['docs/python.md', 'docs/python-code.md', 'docs/python-environments.md'],
      ['docs/own-kinds.md', 'docs/kind-specs.md'],
      ['docs/library.md'],
      ['docs/guarantees.md'],
      ['docs/licences.md'],
      ['CHANGELOG.md'],
    ],
  },
  {
    title: 'Internals',
    about: 'How it is built, and why',
    chapters: [
      ['ARCHITECTURE.md'],
      ['docs/cache.md', 'docs/staleness.md', 'docs/local-store.md'],
      ['docs/decisions.md'],
      ['CONTRIBUTING.md'],
      ['docs/release.md'],
      ['src/engine/README.md'],
      ['src/project/README.md'],
      ['src/reporting/README.md'],
      ['src/learning/README.md'],
      ['src/backend/README.md'],
      ['src/cli/README.md'],
    ],
  },
  {
    title: 'Study on photographs',
    about: 'What came out, and how to check it',
    chapters: [
      ['docs/study.md'],
      ['docs/review.md'],
      ['docs/report.md'],
      ['docs/earlier-study.md'],
    ],
  },
];

/** All pages, in the order of reading. */
export const manualPages: readonly string[] = manualGroups.flatMap(({ chapters }) =>
  chapters.flat(),
);

/**
 * The address of a page within the documentation, without a slash before it: `tutorial`, `readme`,
 * `engine`.
 */
export function addressOf(page: string): string {
  const [, room] = /^src\/([\w-]+)\/README\.md$/.exec(page) ?? [];
  const [, name] = /([\w-]+)\.md$/.exec(page) ?? [];
  return room ?? name!.toLowerCase();
}
