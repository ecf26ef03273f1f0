import { Project } from './rig.ts';

interface SmallSearch {
  readonly count?: number;
  readonly parallel?: number;
  /** What each trial runs first, in the shell. */
  readonly first?: string;
  /** Further lines of the stage that proposes. */
  readonly more?: string;
}

/**
 * A search whose trials take no time: the loss of one is its rate. Each notes its number in the
 * file `count`.
 */
export const smallSearch = ({
  count = 5,
  parallel = 1,
  first = '',
  more = '',
}: SmallSearch = {}) => `stages:
  search:
    kind: search
    ${more}
    inputs: { metrics: [fit.metrics] }
    with:
      by: loss
      better: lower
      startup: 3
      space:
        rate: { logUniform: [0.0001, 1] }
        optimizer: { choice: [adam, sgd] }
        momentum: { uniform: [0, 0.9], when: { optimizer: sgd } }
      enqueue: { 1: { rate: 0.01, optimizer: sgd } }
  fit:
    kind: command
    resources: { cpu: 1 }
    matrix: { trial: { by: search.trial, count: ${count}, parallel: ${parallel} } }
    outputs: { metrics: { type: metrics } }
    with:
      run: 'echo \${matrix.trial} >> $COUNT; ${first} echo "{ \\"loss\\": \${matrix.trial.rate} }" > \${outputs.metrics}'
    env: [COUNT]
  all:
    kind: command
    inputs: { metrics: [fit.metrics] }
    outputs: { text: out/all.txt }
    with: { run: "cat \${inputs.metrics} > \${outputs.text}" }
`;

/** Lets trial 1 end only when trial 3 has begun, which is proposed without it. */
export const slowFirst =
  'case ${matrix.trial} in 1) while [ ! -e $COUNT-3 ]; do sleep 0.1; done;; 3) : > $COUNT-3;; esac;';

/** A project with such a search. */
export function searching(
  search: SmallSearch = {},
  files: Readonly<Record<string, string>> = {},
): Project {
  const project = new Project(smallSearch(search), files);
  project.env['COUNT'] = project.path('count');
  return project;
}

/** The numbers of the trials that ran, each as often as it did, in their order. */
export const ranTrials = (project: Project): readonly string[] =>
  project.has('count') ? project.read('count').trim().split('\n') : [];

/** A proposal, as its file has it. */
interface ProposalFile {
  readonly values: Readonly<Record<string, unknown>>;
  readonly before: readonly { readonly trial: number; readonly state: string }[];
}

/** The proposals of the first trials, as they are published. */
export const proposals = (project: Project, count: number): readonly ProposalFile[] =>
  Array.from({ length: count }, (_, index) =>
    JSON.parse(project.read(`artifacts/test/search@trial=${index + 1}/trial.json`)),
  );
