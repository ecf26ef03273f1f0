"""A small network in PyTorch, as a stage of Restage; it also runs alone: `python3 train.py --faces FOLDER`."""
from io import BytesIO

import restage
import torch
from PIL import Image
from torch import nn

size, epochs = restage.settings.get("size", 96), restage.settings.get("epochs", 8)
rate, seed = restage.settings.get("rate", 0.001), restage.settings.get("seed", 7)
restage.seed(seed)


def pixels(encoded):
    """An image as float32 [3, size, size] from -1 to 1."""
    image = Image.open(BytesIO(encoded)).convert("RGB").resize((size, size), Image.BILINEAR)
    values = torch.frombuffer(bytearray(image.tobytes()), dtype=torch.uint8).view(size, size, 3)
    return values.permute(2, 0, 1) / 127.5 - 1


def load(split):
    images, labels = zip(*restage.dataset("faces", split, pixels))
    return torch.stack(images), torch.tensor(labels)


def measure(logits, labels):
    loss, right = nn.functional.cross_entropy(logits, labels), (logits.argmax(1) == labels).float().mean()
    return {"loss": loss.item(), "accuracy": right.item()}


(images, labels), (held_out, truth) = load("train"), load("val")
layers = []
for inputs, outputs in [(3, 8), (8, 16), (16, 32), (32, 32)]:
    layers += [nn.Conv2d(inputs, outputs, 3, padding=1), nn.BatchNorm2d(outputs), nn.ReLU(), nn.MaxPool2d(2)]
net = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(32, 2))
optimizer = torch.optim.Adam(net.parameters(), rate)
done = restage.checkpoint.load() or {"net": net.state_dict(), "optimizer": optimizer.state_dict(), "history": []}
net.load_state_dict(done["net"])
optimizer.load_state_dict(done["optimizer"])
history = done["history"]
for epoch in range(len(history) + 1, epochs + 1):
    # The order follows from seed and epoch alone, so that a resumed training sees the same one.
    order = torch.randperm(len(labels), generator=torch.Generator().manual_seed(1000 * seed + epoch))
    net.train()
    outputs = []
    for step, batch in enumerate(order.split(32), 1):
        logits = net(images[batch])
        optimizer.zero_grad()
        nn.functional.cross_entropy(logits, labels[batch]).backward()
        optimizer.step()
        outputs.append(logits.detach())
        restage.progress((epoch - 1) * len(labels) + min(32 * step, len(labels)), epochs * len(labels), "images")
    net.eval()
    with torch.no_grad():
        now = {"running": measure(torch.cat(outputs), labels[order]), "val": measure(net(held_out), truth)}
    history.append({"rate": rate, **now})
    restage.checkpoint.save({"net": net.state_dict(), "optimizer": optimizer.state_dict(), "history": history})
    restage.point(epoch, **{"train.loss": now["running"]["loss"], "val.loss": now["val"]["loss"]})
restage.write_history(restage.outputs["history"], history)
torch.onnx.export(net, images[:1], restage.outputs["onnx"], input_names=["images"], dynamic_axes={"images": {0: "n"}})
