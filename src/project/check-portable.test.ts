import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { partialValue } from '../../test/support/partial-value.ts';
import { temporaryFolder } from '../../test/support/temporary-folder.ts';
import type { LocatedStage, StageName } from '../engine/config/pipeline.ts';
import type { HostsSpec } from '../engine/places/place-spec.ts';
import { kindBuild, writeKindSources } from '../engine/store/kind-build.ts';
import { checkPortable } from './check-portable.ts';
import type { LoadedKind } from './kinds/load-kinds.ts';
import type { Selection } from './selection.ts';

const lab = partialValue<HostsSpec>({ name: 'lab', engine: 'ssh', local: [], kinds: {} });
const places = { byName: new Map([['lab', lab]]), localGpus: undefined };

/** What a plan says of one stage of a project with these files. */
function obstaclesOf(
  root: string,
  stage: Partial<LocatedStage>,
  { files = [], module }: { readonly files?: readonly string[]; readonly module?: string } = {},
): readonly string[] {
  for (const path of files) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), '');
  }
  const whole = partialValue<LocatedStage>({
    name: 'say' as StageName,
    kind: 'command',
    settings: {},
    inputs: [],
    outputs: [],
    ...stage,
  });
  const kind = partialValue<LoadedKind>({
    spec: partialValue<LoadedKind['spec']>({ shell: ['run'] }),
    ...(module !== undefined && { module }),
  });
  const selection = partialValue<Selection>({
    root,
    kinds: new Map([['command', kind]]),
    stages: [whole],
  });
  const start = '"say" cannot run on "lab", whose hosts have only what it declares: ';
  return checkPortable(selection, places, 'lab').map(({ message }) => message.replace(start, ''));
}

test('a command that names files of the project is refused, and one that only looks so is not', (t) => {
  const root = temporaryFolder(t);
  const files = ['scripts/a.sh', 'data/b.csv', 'notes'];
  const saysOf = (run: string) => obstaclesOf(root, { settings: { run } }, { files });
  for (const [run, named] of [
    ['sh scripts/a.sh', 'scripts/a.sh'],
    ['cat "data/b.csv" | sort > ${outputs.x}', 'data/b.csv'],
    ['wc -l data/*.csv', 'data/*.csv'],
    ['sort <notes >${outputs.x}', 'notes'],
    [`cat ${root}/notes`, `${root}/notes`],
  ] as const)
    assert.deepEqual(saysOf(run), [`its command names ${named}`], run);
  for (const run of [
    'sort ${inputs.x} > ${outputs.x}',
    'echo data scripts # as scripts/a.sh does',
    'env | grep -v x/y > ${outputs.x}; echo . / - ..',
    '/usr/bin/env true > /dev/null',
  ])
    assert.deepEqual(saysOf(run), [], run);
});

test('code outside of the project, packages of kinds and sealed images are refused', (t) => {
  const root = temporaryFolder(t);
  const build = kindBuild(join(root, 'cache'), 'command', '1');
  const sources = { 'stages/command/run.ts': 'a', '../shared.ts': 'b', 'tiny@1.0.0': '' };
  writeKindSources(build, sources);
  assert.deepEqual(obstaclesOf(root, {}, { module: join(build, 'run.mjs') }), [
    'its kind imports the package tiny@1.0.0',
    'its code lies outside of the project, in ../shared.ts',
  ]);
  const signatures = { [join(root, 'fit.py')]: '', '/home/me/lib/nets.py': '' };
  const code = partialValue<NonNullable<LocatedStage['code']>>({ signatures });
  const [message = ''] = obstaclesOf(root, { code });
  assert.match(
    message,
    /^its code lies outside of the project, in (\.\.\/)+home\/me\/lib\/nets\.py$/,
  );
  const path = join(root, 'faces');
  const items = [{ from: 'path', path, shown: './faces', labels: {} }] as const;
  const inputs = [partialValue<LocatedStage['inputs'][number]>({ port: 'x', list: false, items })];
  assert.deepEqual(obstaclesOf(root, { inputs }, { files: ['faces/test/restage-seal.json'] }), [
    'sealed images do not leave this machine, as those of ./faces',
  ]);
});
