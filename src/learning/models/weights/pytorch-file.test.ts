import assert from 'node:assert/strict';
import { appendFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { damagedBytes } from '../../../../test/support/damaged-bytes.ts';
import { isRefused } from '../../../../test/support/mutations.ts';
import { temporaryFolder } from '../../../../test/support/temporary-folder.ts';
import { StageError } from '../../../stage.ts';
import { openWeights } from './open-weights.ts';
import {
  called,
  dictionary,
  floats,
  integer,
  list,
  name,
  none,
  oldTorch,
  ordered,
  type Pickled,
  tensor,
  text,
  torchZip,
  tuple,
  zip,
} from './testing-pickles.ts';

type Held = readonly [name: string, shape: readonly number[], values: readonly number[]];

async function readAll(path: string): Promise<{ part: string | undefined; tensors: Held[] }> {
  using weights = await openWeights([path]);
  const tensors = Array.from(
    weights.tensors.values(),
    (tensor): Held => [tensor.name, tensor.shape, Array.from(tensor.read())],
  );
  return { part: weights.part, tensors };
}

function inFile(t: TestContext, bytes: Uint8Array): string {
  const path = join(temporaryFolder(t), 'net.pth');
  writeFileSync(path, bytes);
  return path;
}

/** The message about a file, with its path as `FILE`. */
async function problem(t: TestContext, bytes: Uint8Array): Promise<string> {
  const path = inFile(t, bytes);
  const error: unknown = await readAll(path).then(
    () => assert.fail('it was read'),
    (error: unknown) => error,
  );
  assert.ok(error instanceof StageError, String((error as Error).stack));
  return error.message.replaceAll(path, 'FILE');
}

const matrix = { key: '0', length: 6, shape: [2, 3], strides: [3, 1] };
const six = { '0': floats(1, 2, 3, 4, 5, 6) };

test('the zip form and the old one give the same tensors, by name, shape and order', async (t) => {
  const content = ordered({
    'conv.weight': tensor(matrix),
    'conv.bias': tensor({ key: '1', length: 2, shape: [2], strides: [1] }),
  });
  const storages = { ...six, '1': floats(-1, 0.5) };
  const expected = [
    ['conv.weight', [2, 3], [1, 2, 3, 4, 5, 6]],
    ['conv.bias', [2], [-1, 0.5]],
  ];
  for (const bytes of [torchZip(content, storages), oldTorch(content, storages)]) {
    assert.deepEqual(await readAll(inFile(t, bytes)), { part: undefined, tensors: expected });
  }
});

test('tensors that share a storage are read as the views that they are', async (t) => {
  const view = (offset: number, shape: readonly number[], strides: readonly number[]) =>
    tensor({ ...matrix, offset, shape, strides });
  const content = dictionary({
    transposed: view(0, [3, 2], [1, 3]),
    column: view(1, [2], [3]),
    repeated: view(2, [2, 2], [0, 0]),
    scalar: view(4, [], []),
    nothing: view(0, [0, 3], [3, 1]),
    tied: view(0, [2, 3], [3, 1]),
  });
  const { tensors } = await readAll(inFile(t, torchZip(content, six)));
  assert.deepEqual(tensors, [
    ['transposed', [3, 2], [1, 4, 2, 5, 3, 6]],
    ['column', [2], [2, 5]],
    ['repeated', [2, 2], [3, 3, 3, 3]],
    ['scalar', [], [5]],
    ['nothing', [0, 3], []],
    ['tied', [2, 3], [1, 2, 3, 4, 5, 6]],
  ]);
});

test('a storage of the old form may be a part of another one', async (t) => {
  const of = [tuple(text('0'), integer(2), integer(3))];
  const part = tensor({ ...matrix, shape: [3], strides: [1], of });
  const { tensors } = await readAll(inFile(t, oldTorch(dictionary({ part }), six)));
  assert.deepEqual(tensors, [['part', [3], [3, 4, 5]]]);
});

test('numbers of two and eight bytes are read, and so is the order of a big-endian machine', async (t) => {
  const three = { length: 3, shape: [3], strides: [1] };
  const content = dictionary({
    half: tensor({ ...three, key: '0', storage: 'HalfStorage' }),
    brain: tensor({ ...three, key: '1', storage: 'BFloat16Storage' }),
    double: tensor({ ...three, key: '2', storage: 'DoubleStorage' }),
  });
  const storages = {
    '0': Buffer.from(Uint16Array.of(0x3c00, 0xc000, 0x3800).buffer),
    '1': Buffer.from(Uint16Array.of(0x3f80, 0xc000, 0x3f00).buffer),
    '2': Buffer.from(Float64Array.of(1, -2, 0.5).buffer),
  };
  const swapped = {
    '0': Buffer.from(storages['0']).swap16(),
    '1': Buffer.from(storages['1']).swap16(),
    '2': Buffer.from(storages['2']).swap64(),
  };
  const order = { 'net/byteorder': Buffer.from('big') };
  for (const bytes of [torchZip(content, storages), torchZip(content, swapped, order)]) {
    const { tensors } = await readAll(inFile(t, bytes));
    const values = tensors.map(([, , numbers]) => numbers);
    assert.deepEqual(values, Array(3).fill([1, -2, 0.5]));
  }
});

test('a counter of integers may stand beside the weights, and is refused when it is read', async (t) => {
  const counter = tensor({ key: '1', storage: 'LongStorage', length: 1, shape: [], strides: [] });
  const content = dictionary({ weight: tensor(matrix), 'bn.num_batches_tracked': counter });
  const path = inFile(t, torchZip(content, { ...six, '1': Buffer.alloc(8) }));
  using weights = await openWeights([path]);
  const { type, bytes, read } = weights.tensors.get('bn.num_batches_tracked')!;
  assert.deepEqual([type, bytes], ['int64', 8]);
  assert.throws(
    read,
    new StageError(
      `Expected bn.num_batches_tracked in ${path} to be of float32, float16, bfloat16, float64, got int64.`,
    ),
  );
  assert.equal(weights.tensors.get('weight')!.read().length, 6);
});

test('of a checkpoint, the state dict is taken, and named', async (t) => {
  const weights = dictionary({ w: tensor(matrix) });
  const averaged = dictionary({ w: tensor({ ...matrix, offset: 1, shape: [1], strides: [1] }) });
  const partOf = async (content: Pickled) =>
    (await readAll(inFile(t, torchZip(content, six)))).part;
  const optimizer = dictionary({ state: dictionary({ '0': weights }), param_groups: list() });

  assert.equal(await partOf(dictionary({ epoch: integer(3), model: weights, optimizer })), 'model');
  assert.equal(await partOf(dictionary({ model: averaged, state_dict: weights })), 'state_dict');
  assert.equal(await partOf(dictionary({ ema: averaged, optimizer, lr: none })), 'ema');
  assert.equal(
    await problem(t, torchZip(dictionary({ teacher: averaged, student: weights }), six)),
    'Expected tensors in FILE, or one dictionary of them, such as state_dict, model_state_dict, model; got teacher, student.',
  );
  assert.equal(
    await problem(t, torchZip(tensor(matrix), six)),
    'Expected a state dict in FILE, a dictionary of tensors, got one tensor.',
  );
});

test('every name of Python outside of the table is refused by its name, and nothing is run', async (t) => {
  const advice =
    'which is not loaded: save the weights alone, torch.save(model.state_dict(), "weights.pth").';
  const refused = (object: string) =>
    `Expected tensors, lists, dictionaries, numbers and texts in FILE, got the Python object ${object}, ${advice}`;
  for (const [module, member] of [
    ['os', 'system'],
    ['builtins', 'eval'],
    ['torch.storage', '_load_from_bytes'],
    ['argparse', 'Namespace'],
    ['__proto__', 'constructor'],
  ] as const) {
    const content = dictionary({ w: tensor(matrix), x: called(name(module, member), text('id')) });
    assert.equal(await problem(t, torchZip(content, six)), refused(`${module}.${member}`));
    assert.equal(await problem(t, oldTorch(content, six)), refused(`${module}.${member}`));
  }
});

test('a hostile or damaged file is a message that says what is wrong', async (t) => {
  const whole = torchZip(dictionary({ w: tensor(matrix) }), six);
  const content = (view: object) => dictionary({ w: tensor({ ...matrix, ...view }) });
  const files = { 'net/data.pkl': Buffer.from('.'), 'net/version': Buffer.from('3') };
  const deep = Buffer.concat([Buffer.alloc(3_000_000, 0x28), none]);
  const cases: Readonly<Record<string, Uint8Array>> = {
    'Expected a whole zip of PyTorch in FILE, but the directory at its end is missing, so it is cut short.':
      whole.subarray(0, -30),
    'Expected 32 bytes of the storage 0 for w of float32 2 x 3 in FILE, got 24.': torchZip(
      content({ offset: 2 }),
      six,
    ),
    'Expected the storage 7 of w in FILE, got none.': torchZip(content({ key: '7' }), six),
    'Expected at most as many values of w of float32 65536 x 65536 in FILE as its storage of 24 bytes holds.':
      torchZip(content({ shape: [65536, 65536], strides: [0, 0] }), six),
    'Expected entries without compression in FILE, as torch.save writes them, got net/data.pkl with compression 8: save it again by torch.save.':
      zip(files, { method: 8 }),
    'Expected a whole zip of PyTorch in FILE, but net/version overlaps the entry before it.': zip(
      { ...files, a: files['net/version'] },
      { shift: (header, i) => (i === 1 ? 0 : header) },
    ),
    'Expected one data.pkl in the folder of the zip FILE, as torch.save writes it, got a.': zip({
      a: Buffer.of(1),
    }),
    'Expected weights in FILE, got a program of TorchScript: save the weights alone, torch.save(model.state_dict(), "weights.pth").':
      torchZip(content({}), six, { 'net/constants.pkl': Buffer.from('.') }),
    'Expected weights of PyTorch, but FILE is damaged: its stack of values is empty.': zip(files),
    'Expected weights of PyTorch, but FILE has more than 2000000 instructions in its table.':
      torchZip(deep, six),
    'Expected weights of PyTorch, but FILE is damaged: the arguments of torch._utils._rebuild_tensor_v2 do not fit.':
      torchZip(content({ offset: -1 }), six),
    'Expected weights of PyTorch, but FILE ends within the storage 0: it is cut short.': oldTorch(
      content({}),
      six,
    ).subarray(0, -1),
    'Expected weights of PyTorch in FILE, got a pickle of another program: save the weights by torch.save(model.state_dict(), "weights.pth").':
      Buffer.concat([Buffer.of(0x80, 2), none, Buffer.from('.')]),
  };
  for (const [expected, bytes] of Object.entries(cases)) {
    assert.equal(await problem(t, bytes), expected);
  }
});

test('a small file whose reading would take minutes is refused at once', async (t) => {
  // One list of pairs, of which ever more dictionaries are made: 2,000 pairs, 2,000 times.
  const pairs = list(...Array.from({ length: 2000 }, (_, i) => tuple(integer(i), none)));
  const again = Buffer.of(0x68, 0, 0x68, 1, 0x52);
  const dictionaries = Buffer.concat([
    name('collections', 'OrderedDict'),
    Buffer.of(0x71, 0),
    tuple(pairs),
    Buffer.of(0x71, 1),
    ...Array<Buffer>(2000).fill(again),
  ]);
  assert.equal(
    await problem(t, torchZip(dictionaries, six)),
    'Expected weights of PyTorch, but FILE has more than 2000000 instructions in its table.',
  );
  // A key that is a pair of pairs of pairs, 64 deep, of one and the same tuple each.
  const pairOfItself = Buffer.of(0x32, 0x86);
  const key = Buffer.concat([tuple(), ...Array<Buffer>(64).fill(pairOfItself)]);
  const keyed = Buffer.concat([dictionary({}), key, none, Buffer.of(0x73)]);
  assert.equal(
    await problem(t, torchZip(keyed, six)),
    'Expected tensors in FILE, or one dictionary of them, such as state_dict, model_state_dict, model; got another value.',
  );
});

test('a tensor is read from its place in a file of 5 GB, without the rest of it', async (t) => {
  const count = 5 * 2 ** 28;
  const end = dictionary({
    end: tensor({ key: '0', length: count, offset: count - 2, shape: [2], strides: [1] }),
  });
  const start = oldTorch(end, { '0': Buffer.alloc(0) });
  start.writeBigUInt64LE(BigInt(count), start.length - 8);
  const path = inFile(t, start);
  // The hole before the last two numbers takes no room on the disk.
  truncateSync(path, start.length + 4 * count - 8);
  appendFileSync(path, floats(7, 8));
  const before = process.memoryUsage().rss;
  assert.deepEqual((await readAll(path)).tensors, [['end', [2], [7, 8]]]);
  assert.ok(process.memoryUsage().rss - before < 2 ** 27);
});

test('a dictionary that holds itself is read like any other', async (t) => {
  // d = {}; d["me"] = d; d["w"] = tensor
  const own = Buffer.concat([
    Buffer.of(0x7d, 0x71, 0),
    text('me'),
    Buffer.of(0x68, 0, 0x73),
    text('w'),
    tensor(matrix),
    Buffer.of(0x73),
  ]);
  const { tensors } = await readAll(inFile(t, torchZip(own, six)));
  assert.deepEqual(tensors, [['w', [2, 3], [1, 2, 3, 4, 5, 6]]]);
});

test('a file that is damaged anywhere is read, or refused in a sentence', async (t) => {
  const content = dictionary({
    epoch: integer(1),
    state_dict: ordered({ 'conv.weight': tensor(matrix), 'conv.bias': tensor(matrix) }),
  });
  const path = join(temporaryFolder(t), 'net.pth');
  for (const whole of [torchZip(content, six), oldTorch(content, six)]) {
    for (let seed = 0; seed < 100; seed++) {
      writeFileSync(path, damagedBytes(whole, seed));
      await isRefused(() => readAll(path));
    }
  }
});
