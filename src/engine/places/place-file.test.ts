import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { partialValue } from '../../../test/support/partial-value.ts';
import { temporaryFolder } from '../../../test/support/temporary-folder.ts';
import { UserError } from '../../user-error.ts';
import type { PipelineNode, Stage, StageName } from '../config/pipeline.ts';
import { checkPlaces, loadPlaces, type Places, placeOf } from './place-file.ts';
import type { PlaceSpec } from './place-spec.ts';

test('a stage runs at its own place or that of the command, and here where the place lists its kind as local', () => {
  const byName = new Map(
    ['big', 'small'].map((name) => [
      name,
      partialValue<PlaceSpec>({ name, local: ['plot'], kinds: {} }),
    ]),
  );
  const placeFor = (kind: string, on?: string, place?: string) =>
    placeOf({ kind, place } as Stage, { byName, localGpus: undefined }, on)?.name;
  assert.deepEqual(
    [
      placeFor('train'),
      placeFor('train', 'big'),
      placeFor('train', 'big', 'small'),
      placeFor('train', 'big', 'local'),
    ],
    [undefined, 'big', 'small', undefined],
  );
  assert.deepEqual(
    [placeFor('plot', 'big'), placeFor('plot', 'big', 'small')],
    [undefined, undefined],
  );
});

const noForm = () => Promise.reject(new UserError('there is none'));

/** Loads a `places.yaml`, and gives the places or the messages of its mistakes. */
async function load(t: TestContext, yaml: string) {
  const root = temporaryFolder(t);
  writeFileSync(join(root, 'places.yaml'), yaml);
  const places = await loadPlaces(root, { openForm: noForm });
  return places.ok ? places.value : places.error.map(({ message }) => message);
}

test('hosts are names, or say what of them stages may use', async (t) => {
  const yaml =
    'lab: { engine: ssh, hosts: [gpu1, { host: "me@gpu2:2222", gpu: 2, memory: 1GiB }] }';
  const places = (await load(t, yaml)) as Places;
  const lab = places.byName.get('lab')!;
  assert.ok(lab.engine === 'ssh');
  assert.deepEqual(lab.hosts, [
    { host: 'gpu1' },
    { host: 'me@gpu2:2222', gpu: 2, memory: 2 ** 30 },
  ]);
  assert.deepEqual([lab.restage, lab.folder], [['restage'], '.cache/restage']);
});

test('a wrong engine names all engines', async (t) => {
  const engines = '"slurm", "htcondor", "gridengine", "template", "ssh"';
  assert.deepEqual(await load(t, 'lab: { engine: shh, hosts: [gpu1] }'), [
    `Expected one of ${engines} for "lab.engine", got "shh"`,
  ]);
  assert.deepEqual(await load(t, 'lab: { hosts: [gpu1] }'), [
    `Missing "lab.engine", expected one of ${engines}`,
  ]);
});

test('a host is no option of ssh, and is named once', async (t) => {
  const [message = ''] = (await load(
    t,
    'lab: { engine: ssh, hosts: [-oProxyCommand=x] }',
  )) as string[];
  assert.match(message, /lab\.hosts\[0\]/);
  assert.deepEqual(await load(t, 'lab: { engine: ssh, hosts: [gpu1, gpu1] }'), [
    '"lab.hosts" names gpu1 twice',
  ]);
  assert.match(String(await load(t, 'lab: { engine: ssh }')), /hosts/);
});

test('a stage may ask for the cards of the host that declares most, and for any where one declares none', async (t) => {
  const asking = partialValue<Stage>({
    name: 'fit' as StageName,
    kind: 'train',
    resources: { cpu: 1, gpu: 3, memory: 0 },
  });
  const mistakes = async (hosts: string) => {
    const places = (await load(t, `lab: { engine: ssh, hosts: ${hosts} }`)) as Places;
    return checkPlaces([asking as PipelineNode], places, { on: 'lab', gpus: 0 }).length;
  };
  assert.equal(await mistakes('[{ host: a, gpu: 1 }, { host: b, gpu: 2 }]'), 1);
  assert.equal(await mistakes('[{ host: a, gpu: 1 }, b]'), 0);
});
