import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { sha256 } from '../../digest.ts';
import type { JsonObject } from '../../json.ts';
import { crateMetadata } from './crate-metadata.ts';
import type { CrateOutput, CrateRun, CrateStage } from './crate-run.ts';

const output = (path: string, more: Partial<CrateOutput> = {}): CrateOutput => ({
  port: 'out',
  type: 'files',
  path,
  digest: sha256(path),
  isFolder: false,
  files: 1,
  size: 12,
  isFinal: false,
  isHeld: true,
  ...more,
});

const stage = (name: string, more: Partial<CrateStage>): CrateStage => ({
  name,
  kind: 'command',
  kindVersion: 3,
  software: { Restage: '0.3.0', 'Node.js': '20.19.0' },
  settings: '{"run":"true"}',
  startedAt: '2026-11-01T10:00:00.000Z',
  endedAt: '2026-11-01T10:00:05.000Z',
  inputs: [],
  outputs: [],
  ...more,
});

const images = output('artifacts/study/set 1/images', {
  isFolder: true,
  files: 40,
  size: 4096,
  type: 'dataset',
});
const scores = output('artifacts/study/fit[seed=7]/scores.csv', { isFinal: true, type: 'scores' });
const scratch = output('artifacts/study/scratch', { isHeld: false });
const run: CrateRun = {
  pipeline: 'study',
  description: 'Tells faces apart',
  license: 'https://spdx.org/licenses/CC-BY-4.0',
  sources: [
    { path: 'pipelines/study.yaml', size: 10, digest: sha256('a') },
    { path: 'pipelines/base.yaml', size: 20, digest: sha256('b') },
  ],
  report: { path: 'report.html', size: 30, digest: sha256('c') },
  gitCommit: 'abc123',
  stages: [
    stage('set 1', {
      kind: 'load-dataset',
      inputs: [{ port: 'images', name: 'faces', digest: sha256('faces') }],
      outputs: [images],
    }),
    stage('fit[seed=7]', {
      kind: 'train',
      startedAt: '2026-11-01T10:01:00.000Z',
      endedAt: '2026-11-01T10:09:00.000Z',
      software: { Restage: '0.3.0', Python: '3.11.2' },
      inputs: [{ output: images }, { port: 'list', digest: sha256('faces') }],
      outputs: [scores, scratch],
    }),
  ],
};

const metadata = crateMetadata(run);
const graph = metadata['@graph'] as readonly JsonObject[];
const entity = (id: string): JsonObject => {
  const found = graph.filter((one) => one['@id'] === id);
  assert.equal(found.length, 1, `${id} is there ${found.length} times`);
  return found[0]!;
};
/** The `@id`s that a property refers to. */
const idsOf = (of: JsonObject, property: string): readonly string[] =>
  [of[property] ?? []].flat().map((one) => (one as { readonly '@id': string })['@id']);
const ofType = (type: string) => graph.filter((one) => [one['@type']].flat().includes(type));

const rocrate = 'https://www.researchobject.org/ro-crate/specification/1.1';
const profiles = 'https://www.researchobject.org/workflow-run-crate/profiles/0.5';
const workflowCrate = 'https://about.workflowhub.eu/Workflow-RO-Crate';

/** What the profiles say with MUST, by the address that says it. */
const musts: readonly [address: string, what: string, holds: () => void][] = [
  [
    `${rocrate}/metadata.html`,
    'the context is that of RO-Crate 1.1, and entities are flat, each with an @id and a type',
    () => {
      assert.equal((metadata['@context'] as string[])[0], 'https://w3id.org/ro/crate/1.1/context');
      for (const one of graph) {
        assert.ok(typeof one['@id'] === 'string' && one['@type'] !== undefined);
        const nested = Object.values(one)
          .flat()
          .filter((value) => typeof value === 'object' && value !== null);
        for (const value of nested) assert.deepEqual(Object.keys(value!), ['@id']);
      }
      assert.equal(new Set(graph.map((one) => one['@id'])).size, graph.length);
    },
  ],
  [
    `${rocrate}/root-data-entity.html`,
    'the descriptor is a CreativeWork about the root, and conforms to RO-Crate 1.1',
    () => {
      const descriptor = entity('ro-crate-metadata.json');
      assert.equal(descriptor['@type'], 'CreativeWork');
      assert.deepEqual(idsOf(descriptor, 'about'), ['./']);
      assert.deepEqual(idsOf(descriptor, 'conformsTo'), ['https://w3id.org/ro/crate/1.1']);
    },
  ],
  [
    `${rocrate}/root-data-entity.html`,
    'the root is a Dataset with a name, a description, a date and a licence',
    () => {
      const root = entity('./');
      assert.equal(root['@type'], 'Dataset');
      assert.equal(root['name'], 'Run of study');
      assert.equal(root['description'], 'Tells faces apart');
      assert.equal(root['datePublished'], '2026-11-01T10:09:00.000Z');
      assert.deepEqual(idsOf(root, 'license'), [run.license]);
    },
  ],
  [
    `${rocrate}/data-entities.html`,
    'data entities are parts of the root; their @id is a URI path, of folders with a slash at its end',
    () => {
      assert.deepEqual(
        [...idsOf(entity('./'), 'hasPart')].sort(),
        [
          'artifacts/study/fit%5Bseed%3D7%5D/scores.csv',
          'artifacts/study/set%201/images/',
          'pipelines/base.yaml',
          'pipelines/study.yaml',
          'report.html',
        ].sort(),
      );
      for (const id of idsOf(entity('./'), 'hasPart'))
        assert.ok([entity(id)['@type']].flat().includes(id.endsWith('/') ? 'Dataset' : 'File'), id);
    },
  ],
  [
    `${rocrate}/contextual-entities.html`,
    'every entity of the crate that is referred to is described',
    () => {
      const known = new Set(graph.map((one) => one['@id']));
      for (const one of graph)
        for (const property of Object.keys(one))
          for (const id of idsOf(one, property).filter((id) => typeof id === 'string'))
            assert.ok(known.has(id) || id === 'https://w3id.org/ro/crate/1.1', id);
    },
  ],
  [
    workflowCrate,
    'the main entity is the workflow, with a name, a language and its types; the crate has a licence',
    () => {
      const [main] = idsOf(entity('./'), 'mainEntity');
      const workflow = entity(main!);
      for (const type of ['File', 'SoftwareSourceCode', 'ComputationalWorkflow'])
        assert.ok((workflow['@type'] as string[]).includes(type));
      assert.equal(workflow['name'], 'study');
      const [language] = idsOf(workflow, 'programmingLanguage');
      assert.equal(entity(language!)['@type'], 'ComputerLanguage');
    },
  ],
  [
    `${profiles}/process_run_crate/`,
    'every action names the tool that it ran, and has an @id of its own',
    () => {
      for (const action of ofType('CreateAction')) {
        const [tool] = idsOf(action, 'instrument');
        const types = [entity(tool!)['@type']].flat();
        assert.ok(types.includes('SoftwareApplication') || types.includes('ComputationalWorkflow'));
      }
    },
  ],
  [
    `${profiles}/workflow_run_crate/`,
    'the root conforms to all three profiles, and one action has the workflow as its instrument',
    () => {
      assert.deepEqual(idsOf(entity('./'), 'conformsTo'), [
        'https://w3id.org/ro/wfrun/process/0.5',
        'https://w3id.org/ro/wfrun/workflow/0.5',
        'https://w3id.org/ro/wfrun/provenance/0.5',
        'https://w3id.org/workflowhub/workflow-ro-crate/1.0',
      ]);
      for (const id of idsOf(entity('./'), 'conformsTo'))
        assert.equal(entity(id)['@type'], 'CreativeWork');
      const runs = ofType('CreateAction').filter((action) =>
        idsOf(action, 'instrument').includes('pipelines/study.yaml'),
      );
      assert.equal(runs.length, 1);
    },
  ],
  [
    `${profiles}/provenance_run_crate/`,
    'the workflow is a HowTo that has its tools as parts, and every tool that ran is one of them',
    () => {
      const workflow = entity('pipelines/study.yaml');
      assert.ok((workflow['@type'] as string[]).includes('HowTo'));
      const tools = idsOf(workflow, 'hasPart');
      for (const name of ['set 1', 'fit[seed=7]']) {
        const action = entity(`#action-${encodeURIComponent(name)}`);
        assert.ok(tools.includes(idsOf(action, 'instrument')[0]!));
      }
    },
  ],
  [
    `${profiles}/provenance_run_crate/`,
    'a step names its tool; a step that reads another one has a higher position',
    () => {
      const steps = idsOf(entity('pipelines/study.yaml'), 'step').map(entity);
      assert.deepEqual(
        steps.map((step) => [step['@type'], step['position'], idsOf(step, 'workExample').length]),
        [
          ['HowToStep', 1, 1],
          ['HowToStep', 2, 1],
        ],
      );
    },
  ],
  [
    `${profiles}/provenance_run_crate/`,
    'the execution of a step names the step and the action',
    () => {
      assert.equal(ofType('ControlAction').length, 2);
      for (const control of ofType('ControlAction')) {
        assert.equal(entity(idsOf(control, 'instrument')[0]!)['@type'], 'HowToStep');
        assert.equal(entity(idsOf(control, 'object')[0]!)['@type'], 'CreateAction');
      }
    },
  ],
  [
    `${profiles}/provenance_run_crate/`,
    'the execution of the engine names the engine, all steps and the run',
    () => {
      const [engine] = ofType('OrganizeAction');
      assert.equal(entity(idsOf(engine!, 'instrument')[0]!)['name'], 'Restage');
      assert.equal(idsOf(engine!, 'object').length, 2);
      assert.deepEqual(idsOf(engine!, 'result'), ['#run']);
    },
  ],
];

suite('an RO-Crate holds every MUST of its profiles', () => {
  for (const [address, what, holds] of musts) test(`${what} (${address})`, holds);
});

test('actions say what was read and made, with outputs by path and all else by content', () => {
  const fit = entity('#action-fit%5Bseed%3D7%5D');
  assert.deepEqual(idsOf(fit, 'object'), [
    'artifacts/study/set%201/images/',
    `#input-${encodeURIComponent(sha256('faces'))}`,
  ]);
  assert.deepEqual(idsOf(fit, 'result'), [
    'artifacts/study/fit%5Bseed%3D7%5D/scores.csv',
    '#output-artifacts%2Fstudy%2Fscratch',
  ]);
  assert.deepEqual(
    [fit['startTime'], fit['endTime']],
    ['2026-11-01T10:01:00.000Z', '2026-11-01T10:09:00.000Z'],
  );
  assert.deepEqual(
    idsOf(fit, 'softwareRequirements').map((id) => entity(id)['name']),
    ['Restage', 'Python'],
  );
  // The run read what no stage of it made, and made what no stage of it read.
  const whole = entity('#run');
  assert.deepEqual(idsOf(whole, 'object'), [`#input-${encodeURIComponent(sha256('faces'))}`]);
  assert.deepEqual(idsOf(whole, 'result'), ['artifacts/study/fit%5Bseed%3D7%5D/scores.csv']);
});

test('what the project does not keep is named, and is no file of the crate', () => {
  const left = entity('#output-artifacts%2Fstudy%2Fscratch');
  assert.equal(left['@type'], 'CreativeWork');
  assert.equal(left['identifier'], sha256('artifacts/study/scratch'));
});
