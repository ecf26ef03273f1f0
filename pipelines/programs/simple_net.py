"""Trains SimpleNet in PyTorch from given initial weights, and writes the weights of its last epoch.

python3 simple_net.py --initial model.safetensors --images folder --out net.safetensors --size 256 --rate 0.001 --seed 7

`images` holds train/{real,fake}/. Adam, batches of 32, no augmentation; the seed decides the order of the images. Images are cropped to
their middle square, resized and normalised with the constants of CIFAR-10, as Restage does for random weights.
"""

import argparse
import json
import struct
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import nn

parser = argparse.ArgumentParser()
for name in ["initial", "images", "out"]:
    parser.add_argument(f"--{name}", type=Path, required=True)
for name, default in [("size", 256), ("epochs", 5), ("batch", 32), ("seed", 7), ("threads", 0)]:
    parser.add_argument(f"--{name}", type=int, default=default)
parser.add_argument("--rate", type=float, default=0.001)
args = parser.parse_args()
if args.threads > 0:
    torch.set_num_threads(args.threads)
torch.manual_seed(args.seed)

mean = np.array([0.4914, 0.4822, 0.4465], np.float32)
deviation = np.array([0.2023, 0.1994, 0.2010], np.float32)


def read_safetensors(path):
    data = path.read_bytes()
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + length])
    tensors = {}
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        begin, end = (8 + length + offset for offset in entry["data_offsets"])
        values = np.frombuffer(data[begin:end], np.float32).reshape(entry["shape"])
        tensors[name] = torch.from_numpy(values.copy())
    return tensors


def write_safetensors(path, tensors):
    header, offset = {}, 0
    for name, value in tensors.items():
        end = offset + 4 * value.numel()
        header[name] = {"dtype": "F32", "shape": list(value.shape), "data_offsets": [offset, end]}
        offset = end
    text = json.dumps(header).encode()
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for value in tensors.values():
            file.write(value.detach().numpy().tobytes())


def load_image(path):
    image = Image.open(path).convert("RGB")
    side = min(image.size)
    left, top = (image.width - side) // 2, (image.height - side) // 2
    image = image.crop((left, top, left + side, top + side))
    if side != args.size:
        image = image.resize((args.size, args.size), Image.Resampling.BILINEAR)
    values = (np.asarray(image, np.float32) / 255 - mean) / deviation
    return torch.from_numpy(values).permute(2, 0, 1)


initial = read_safetensors(args.initial)
names = [name.removesuffix(".weight") for name in initial if name.endswith(".weight")]
convolutions = [name for name in names if initial[f"{name}.weight"].dim() == 4]
layers = []
named = {}
for name in names:
    weight = initial[f"{name}.weight"]
    if name in convolutions:
        named[name] = nn.Conv2d(weight.shape[1], weight.shape[0], weight.shape[2:])
        layers += [named[name], nn.ReLU(), nn.MaxPool2d(2)]
    else:
        named[name] = nn.Linear(weight.shape[1], weight.shape[0])
        layers += [nn.Flatten()] if name == names[len(convolutions)] else []
        layers += [named[name], nn.ReLU()]
    named[name].weight.data = weight
    named[name].bias.data = initial[f"{name}.bias"]
net = nn.Sequential(*layers[:-1])

files = [(path, label) for label, kind in enumerate(["real", "fake"]) for path in sorted((args.images / "train" / kind).rglob("*.*"))]
optimizer = torch.optim.Adam(net.parameters(), args.rate)
for epoch in range(args.epochs):
    order = torch.randperm(len(files)).tolist()
    total = 0
    for start in range(0, len(order), args.batch):
        batch = [files[i] for i in order[start : start + args.batch]]
        images = torch.stack([load_image(path) for path, _ in batch])
        labels = torch.tensor([label for _, label in batch])
        loss = nn.functional.cross_entropy(net(images), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item() * len(batch)
    print(f"epoch {epoch + 1}: running loss {total / len(files):.4f}", flush=True)

write_safetensors(args.out, {f"{name}.{part}": getattr(layer, part) for name, layer in named.items() for part in ["weight", "bias"]})
