import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, type TestContext, test } from 'node:test';
import { sha256 } from '../../src/digest.ts';
import { readMessage } from '../../src/engine/execution/processes/stage-messages.ts';
import { isSoundCheckpoint } from '../../src/engine/store/checkpoint-file.ts';
import { parseScores } from '../../src/learning/metrics/scores/scores-file.ts';
import { parseHistory } from '../../src/learning/training/history.ts';
import { noPyTorch } from '../../test/support/pytorch.ts';
import { temporaryFolder } from '../../test/support/temporary-folder.ts';
import { noPython } from '../../test/support/venv.ts';

/** Runs a program beside a copy of restage.py, in a stage unless `env` is empty. */
function python(
  root: string,
  text: string,
  env: Readonly<Record<string, string>>,
  ...words: readonly string[]
): string {
  copyFileSync(new URL('restage.py', import.meta.url), join(root, 'restage.py'));
  writeFileSync(join(root, 'program.py'), `import restage\n${text}`);
  const { RESTAGE_STAGE: _, RESTAGE_EVENTS: _e, RESTAGE_CHECKPOINT: _c, ...rest } = process.env;
  const options = { cwd: root, env: { ...rest, ...env }, encoding: 'utf8' } as const;
  const { status, stdout, stderr } = spawnSync(
    '/usr/bin/python3',
    ['program.py', ...words],
    options,
  );
  assert.equal(status, 0, stderr);
  return stdout;
}

/** A folder with a dataset of two images. */
function faces(t: TestContext): string {
  const root = temporaryFolder(t);
  mkdirSync(join(root, 'faces/train'), { recursive: true });
  writeFileSync(
    join(root, 'faces/dataset.json'),
    '{"format":1,"classes":["real","fake"],"splits":["train"]}',
  );
  const samples = [0, 1].map((label) => ({
    key: `k${label}`,
    label,
    shard: '00000.tar',
    offset: 2 * label,
    size: 2,
  }));
  writeFileSync(join(root, 'faces/train/samples.json'), JSON.stringify(samples));
  writeFileSync(join(root, 'faces/train/00000.tar'), 'abcd');
  return root;
}

function inStage(root: string): Readonly<Record<string, string>> {
  const stage = join(root, 'stage.json');
  const events = join(root, 'events.jsonl');
  const checkpoint = join(root, 'checkpoints/ab');
  const inputs = {
    faces: [{ path: join(root, 'faces') }],
    list: [{ path: '/a' }, { path: '/b' }],
    single: [{ path: '/a' }],
  };
  writeFileSync(
    stage,
    JSON.stringify({
      settings: { args: { lr: 0.1 } },
      inputs,
      lists: ['list', 'single'],
      outputs: { out: join(root, 'out') },
      cpus: 1,
    }),
  );
  return { RESTAGE_STAGE: stage, RESTAGE_EVENTS: events, RESTAGE_CHECKPOINT: checkpoint };
}

suite('restage.py', { skip: noPython ?? false }, () => {
  test('a program reads its stage and its dataset, and all that it sends is understood', (t) => {
    const root = faces(t);
    const text = `
print(restage.settings['lr'], restage.inputs['list'], restage.inputs['single'], list(restage.dataset('faces')))
restage.progress(1, 2)
restage.progress(2, 2, note='end')
restage.progress(3, float('inf')); restage.progress(float('inf'), float('inf')); restage.progress(3, float('nan'))
restage.point(3, loss=float('nan'))
restage.info('so'); restage.warn('oh'); restage.note('device', 'cpu')
restage.highlight('AUC', ['split', 'AUC'], [('test', 0.9)])
`;
    assert.equal(
      python(root, text, inStage(root)),
      "0.1 ['/a', '/b'] ['/a'] [(b'ab', 0), (b'cd', 1)]\n",
    );
    const lines = readFileSync(join(root, 'events.jsonl'), 'utf8').trim().split('\n');
    const types = lines.map((line) => readMessage(JSON.parse(line))?.type);
    assert.deepEqual(types, ['progress', 'progress', 'point', 'info', 'warn', 'note', 'highlight']);
    assert.deepEqual(JSON.parse(lines[2]!).values, { loss: null });
  });

  test('a dataset feeds a DataLoader of PyTorch, with processes of its own', {
    skip: noPyTorch ?? false,
  }, (t) => {
    const root = faces(t);
    const text = `import torch
from torch.utils.data import DataLoader
faces = restage.dataset('faces', transform=lambda encoded: torch.tensor(list(encoded)))
for workers in (0, 1):
    for images, labels in DataLoader(faces, batch_size=2, num_workers=workers, multiprocessing_context='fork' if workers else None):
        print(images.tolist(), labels.tolist())
`;
    assert.equal(python(root, text, inStage(root)), '[[97, 98], [99, 100]] [0, 1]\n'.repeat(2));
  });

  test('a checkpoint comes back, and a damaged one counts as none', (t) => {
    const root = faces(t);
    const env = inStage(root);
    assert.equal(
      python(root, "print(restage.checkpoint.load()); restage.checkpoint.save({'epoch': 3})", env),
      'None\n',
    );
    assert.equal(python(root, 'print(restage.checkpoint.load())', env), "{'epoch': 3}\n");
    const path = env['RESTAGE_CHECKPOINT']!;
    assert.ok(isSoundCheckpoint(path));
    writeFileSync(path, `x${readFileSync(path, 'latin1')}`, 'latin1');
    assert.equal(python(root, 'print(restage.checkpoint.load())', env), 'None\n');
    assert.match(
      readFileSync(env['RESTAGE_EVENTS']!, 'utf8'),
      /^\{"type": "warn", "message": "the checkpoint is damaged/,
    );
  });

  test('a checkpoint is written without a copy in memory, and read with one', (t) => {
    const root = faces(t);
    const mebibytes = 64;
    const grown = (what: string) =>
      Number(
        python(
          root,
          `import resource
peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
state = ${what === 'load' ? 'None' : `{'net': b'x' * (${mebibytes} << 20)}`}
before = peak()
restage.checkpoint.${what === 'load' ? 'load()' : 'save(state)'}
print(peak() - before)`,
          inStage(root),
        ),
      );
    const saved = grown('save');
    const loaded = grown('load');
    assert.ok(saved < mebibytes / 4, `saving took ${saved} MiB more`);
    assert.ok(loaded < mebibytes * 1.5, `loading took ${loaded} MiB more`);
  });

  test('of several processes that a launcher started, the first one reports and saves', (t) => {
    const root = faces(t);
    const text = `restage.point(1, loss=0.5); restage.warn('careful'); restage.checkpoint.save(1)`;
    const env = inStage(root);
    python(root, text, { ...env, RANK: '1' });
    const messages = () => readFileSync(env['RESTAGE_EVENTS']!, 'utf8').trim().split('\n');
    assert.deepEqual(messages(), ['{"type": "warn", "message": "careful"}']);
    assert.ok(!existsSync(env['RESTAGE_CHECKPOINT']!));
    python(root, text, { ...env, SLURM_PROCID: '1' });
    assert.equal(messages().length, 2);
    python(root, text, { ...env, RANK: '0', SLURM_PROCID: '1' });
    assert.equal(messages().length, 4);
    assert.ok(existsSync(env['RESTAGE_CHECKPOINT']!));
  });

  test('every restage.py that was shipped is known, and the newest is the one here', () => {
    const known = readFileSync(new URL('counting.py', import.meta.url), 'utf8').match(
      /"[0-9a-f]{64}"/g,
    );
    const digestOf = (name: string) => `"${sha256(readFileSync(new URL(name, import.meta.url)))}"`;
    assert.deepEqual(
      [known!.at(0), known!.at(-1)],
      [digestOf('restage_protocol_1.py'), digestOf('restage.py')],
    );
  });

  test('histories and scores are those of Restage', (t) => {
    const root = faces(t);
    const values = "{'loss': 0.5, 'accuracy': 1}";
    python(
      root,
      `restage.write_history('h.json', [{'rate': 0.1, 'running': ${values}, 'val': ${values}}])
restage.write_scores('s.csv', ['real', 'fake'], [('a,b', 'test', 'fake', [-1, 2.5])])`,
      inStage(root),
    );
    assert.deepEqual(parseHistory(readFileSync(join(root, 'h.json'), 'utf8')), {
      ok: true,
      value: {
        splits: ['val'],
        epochs: [
          {
            epoch: 1,
            learningRate: 0.1,
            running: { loss: 0.5, accuracy: 1 },
            splits: { val: { loss: 0.5, accuracy: 1 } },
          },
        ],
        chosenEpoch: 1,
      },
    });
    const scores = parseScores(readFileSync(join(root, 's.csv'), 'utf8'));
    assert.deepEqual(scores.ok && [scores.value.scale, scores.value.rows[0]], [
      'logits',
      { key: 'a,b', split: 'test', label: 1, scores: [-1, 2.5] },
    ]);
  });

  test('without Restage, the command line names inputs, outputs and settings, and messages are printed', (t) => {
    const root = faces(t);
    const text = `print(restage.settings, len(restage.dataset('faces')), restage.outputs['model'])
restage.point(1, loss=0.5); restage.checkpoint.save(1)`;
    assert.equal(
      python(root, text, {}, '--lr', '0.01', '--fast', '--faces', join(root, 'faces')),
      `{'lr': 0.01, 'fast': True, 'faces': '${root}/faces'} 2 model\npoint unit=epoch step=1 values={'loss': 0.5}\n`,
    );
  });

  test('what a pipeline has published is found by stage and port', (t) => {
    const root = faces(t);
    mkdirSync(join(root, 'cache/published'), { recursive: true });
    writeFileSync(join(root, 'm.json'), '{"auc": 0.9}');
    writeFileSync(join(root, 's.csv'), 'key,auc\na,0.9\n');
    for (const [port, path] of Object.entries({
      metrics: 'm.json',
      table: 's.csv',
      data: 'faces',
      lost: 'lost.json',
    })) {
      const record = { path, pipeline: 'study', stage: 'scores', port, digest: 'x' };
      writeFileSync(join(root, `cache/published/${port}.json`), JSON.stringify(record));
    }
    const text =
      "found = restage.results('study')['scores']; print({port: found[port] for port in sorted(found)})";
    assert.equal(
      python(root, text, {}),
      "{'data': PosixPath('faces'), 'metrics': {'auc': 0.9}, 'table': [{'key': 'a', 'auc': '0.9'}]}\n",
    );
  });
});
