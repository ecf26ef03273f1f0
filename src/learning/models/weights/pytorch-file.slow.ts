import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { damagedBytes } from '../../../../test/support/damaged-bytes.ts';
import { isRefused } from '../../../../test/support/mutations.ts';
import { noPyTorch } from '../../../../test/support/pytorch.ts';
import { temporaryFolder } from '../../../../test/support/temporary-folder.ts';
import { openWeights } from './open-weights.ts';

/** Writes checkpoints in all the ways of PyTorch, and their values as JSON. */
const script = `
import collections, json, sys
import torch
from torch import nn
folder = sys.argv[1]
torch.manual_seed(1)
base = torch.randn(4, 3, 5)
net = nn.Sequential(nn.Conv2d(3, 4, 3, bias=False), nn.BatchNorm2d(4), nn.Flatten(), nn.Linear(8, 2))
net = net.to(memory_format=torch.channels_last)
state = net.state_dict()
state["view"] = base.permute(2, 0, 1)[1:, ::2]
state["same"] = base[1]
state["expanded"] = torch.randn(3, 1).expand(3, 4)
state["half"] = torch.randn(7).half()
state["brain"] = torch.randn(7).bfloat16()
state["double"] = torch.randn(7).double()
state["scalar"] = torch.tensor(2.5)
state["empty"] = torch.empty(0, 3)
state["parameter"] = nn.Parameter(torch.randn(2, 2))
state["tied"] = state["parameter"]
optimizer = torch.optim.Adam(net.parameters())
checkpoint = {"epoch": 3, "best": 0.9, "size": torch.Size([1, 2]), "type": torch.float16, "device": torch.device("cpu"), "bytes": b"ab", "optimizer": optimizer.state_dict(), "state_dict": state}
for protocol in [2, 3, 4, 5]:
    torch.save(checkpoint, f"{folder}/zip{protocol}.pth", pickle_protocol=protocol)
    torch.save(checkpoint, f"{folder}/old{protocol}.pth", pickle_protocol=protocol, _use_new_zipfile_serialization=False)
torch.save(state, f"{folder}/alone.pth")
torch.save({"typed": torch.arange(5).to(torch.uint16), "w": base}, f"{folder}/third.pth")
values = {name: {"shape": list(t.shape), "values": t.detach().float().flatten().tolist()} for name, t in state.items() if t.is_floating_point()}
json.dump(values, open(f"{folder}/values.json", "w"))
`;

suite('files of torch.save', { skip: noPyTorch ?? false }, () => {
  test('are read in every form and protocol, to the last bit', async (t) => {
    const folder = temporaryFolder(t);
    const { status, stderr } = spawnSync('/usr/bin/python3', ['-c', script, folder], {
      encoding: 'utf8',
    });
    assert.equal(status, 0, stderr);
    const expected = JSON.parse(readFileSync(join(folder, 'values.json'), 'utf8')) as Record<
      string,
      { readonly shape: readonly number[]; readonly values: readonly number[] }
    >;
    const forms = [2, 3, 4, 5].flatMap((protocol) => [`zip${protocol}`, `old${protocol}`]);
    for (const form of [...forms, 'alone']) {
      using weights = await openWeights([join(folder, `${form}.pth`)]);
      assert.equal(weights.part, form === 'alone' ? undefined : 'state_dict');
      const floating = [...weights.tensors.values()].filter(({ type }) => type !== 'int64');
      assert.deepEqual(
        floating.map(({ name }) => name),
        Object.keys(expected),
      );
      for (const { name, shape, read } of floating) {
        const wanted = Float32Array.from(expected[name]!.values);
        assert.deepEqual([shape, read()], [expected[name]!.shape, wanted], `${name} of ${form}`);
      }
    }
    using third = await openWeights([join(folder, 'third.pth')]);
    assert.deepEqual([...third.tensors.keys()], ['typed', 'w']);
  });

  test('that are damaged anywhere are read, or refused in a sentence: 300 of each form', async (t) => {
    const folder = temporaryFolder(t);
    const { status, stderr } = spawnSync('/usr/bin/python3', ['-c', script, folder], {
      encoding: 'utf8',
    });
    assert.equal(status, 0, stderr);
    const path = join(folder, 'edited.pth');
    for (const form of ['zip2', 'old2', 'zip4']) {
      const whole = readFileSync(join(folder, `${form}.pth`));
      for (let seed = 0; seed < 300; seed++) {
        writeFileSync(path, damagedBytes(whole, seed));
        await isRefused(async () => {
          using weights = await openWeights([path]);
          for (const { type, read } of weights.tensors.values()) if (type !== 'int64') read();
        });
      }
    }
    assert.ok(process.resourceUsage().maxRSS < 2 ** 20, 'more than 1 GB of memory');
  });
});
