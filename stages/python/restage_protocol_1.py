"""What a program says to Restage and reads from it: one file without dependencies, for Python 3.10 or newer.

Copy it beside your program. Without Restage the program runs, too: inputs, outputs and settings are then words of the
command line (`--lr 0.01 --faces artifacts/study/faces/dataset`), messages are printed, and nothing is resumed.
"""
import csv
import hashlib
import json
import os
import pickle
import random
import sys
import time
from io import BytesIO
from pathlib import Path
from typing import Any, Callable, Iterable, NoReturn

_stage = json.loads(Path(os.environ["RESTAGE_STAGE"]).read_text()) if "RESTAGE_STAGE" in os.environ else None


def _words():
    """The command line as a map: `--lr 0.01 --fast` is {"lr": 0.01, "fast": True}."""
    found = {}
    for word in sys.argv[1:]:
        if word.startswith("--"):
            found[name := word[2:]] = True
        elif found:
            try:
                found[name] = json.loads(word)
            except ValueError:
                found[name] = word
    return found


class _Ports(dict):
    """Paths by port: one, or the list of a list port. Without Restage, those of the command line."""

    def __missing__(self, port):
        if _stage is not None or (self is inputs and port not in settings):
            sys.exit(f"the port {port} is missing" + ("" if _stage else f": give its path after --{port}"))
        return str(settings.get(port, port))


settings = _words() if _stage is None or isinstance(_stage["settings"]["args"], str) else _stage["settings"]["args"]
inputs, outputs = _Ports(), _Ports(_stage["outputs"] if _stage else {})
for _port, _items in (_stage["inputs"] if _stage else {}).items():
    inputs[_port] = [item["path"] for item in _items] if _port in _stage["lists"] else _items[0]["path"]
cpus = int(_stage["cpus"]) if _stage else os.cpu_count()


def _send(type, **message):
    if "RESTAGE_EVENTS" in os.environ:
        text = json.dumps({"type": type, **message}, default=lambda value: value.item())  # of a tensor, the number
        finite = json.loads(text, parse_constant=lambda _: None)  # JSON has no NaN: null stands for it
        with open(os.environ["RESTAGE_EVENTS"], "a") as file:
            file.write(json.dumps(finite) + "\n")
    elif type != "progress":
        print(type, *(f"{name}={value}" for name, value in message.items()), flush=True)


def progress(done: float, total: float, unit: str = "steps", **more) -> None:
    """The progress bar, at most ten times a second, and none without an end. `more`: note, rate, secondsLeft."""
    if abs(total - done) < float("inf") and (done >= total or time.monotonic() - getattr(progress, "last", 0) >= 0.1):
        progress.last = time.monotonic()
        _send("progress", done=done, total=total, unit=unit, **more)


def point(step: int, unit: str = "epoch", **values: float) -> None:
    """A point of curves that are drawn while the stage runs: `point(3, loss=0.4)`, with a split `**{"val.loss": 0.5}`."""
    _send("point", unit=unit, step=step, values={name: float(value) for name, value in values.items()})


def info(message: object) -> None:
    _send("info", message=str(message))


def warn(message: object) -> None:
    _send("warn", message=str(message))


def note(name: str, value: str | float) -> None:
    """A fact for the record of the result."""
    _send("note", name=name, value=value)


def highlight(title: str, columns: list[str], rows: list) -> None:
    """A small table for the summary of the run."""
    _send("highlight", title=title, columns=columns, rows=rows)


def fail(message: object) -> NoReturn:
    """Ends the program with a message for its user, without a traceback."""
    _send("failed", message=str(message))
    sys.exit(str(message))


class checkpoint:
    """What the program has reached. It outlives a kill, for the same code, settings and inputs."""

    @staticmethod
    def load() -> Any:
        """What was saved last, or None. Tensors come back on the CPU."""
        path = Path(os.environ.get("RESTAGE_CHECKPOINT", ""))
        content = path.read_bytes() if path.is_file() else b""
        state, digest = content[:-32], content[-32:]
        if content and hashlib.sha256(state).digest() != digest:
            return warn("the checkpoint is damaged: the stage begins from the start")
        if state.startswith(b"PK"):
            return sys.modules["torch"].load(BytesIO(state), map_location="cpu", weights_only=False)
        return pickle.loads(state) if state else None

    @staticmethod
    def save(state: Any) -> None:
        """Replaces the last one, whole or not at all. `state`: anything that torch.save or pickle takes."""
        if "RESTAGE_CHECKPOINT" not in os.environ:
            return
        path, buffer = Path(os.environ["RESTAGE_CHECKPOINT"]), BytesIO()
        (sys.modules["torch"].save if "torch" in sys.modules else pickle.dump)(state, buffer)
        path.parent.mkdir(parents=True, exist_ok=True)
        beside = path.with_name(f".{path.name}.{os.getpid()}")
        with open(beside, "wb") as file:
            file.write(buffer.getvalue() + hashlib.sha256(buffer.getvalue()).digest())
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, path)


class dataset:
    """A split of a dataset, as a map-style dataset that a DataLoader of PyTorch takes.

    An item is (image, label): the bytes of the encoded file, or what `transform` makes of them. `samples` are the facts
    about each, such as its key; `classes` are the names of the labels.
    """

    def __init__(self, port: str, split: str = "train", transform: Callable[[bytes], Any] = bytes):
        folder = Path(inputs[port])
        self.classes = json.loads((folder / "dataset.json").read_text())["classes"]
        self.samples = json.loads((folder / split / "samples.json").read_text())
        self.folder, self.transform = folder / split, transform

    def __len__(self) -> int:
        return len(self.samples)

    def __getitem__(self, index: int) -> tuple[Any, int]:
        sample = self.samples[index]
        with open(self.folder / sample["shard"], "rb") as shard:
            shard.seek(sample["offset"])
            return self.transform(shard.read(sample["size"])), sample["label"]


def write_history(path: str, epochs: list[dict], chosen: int | None = None) -> None:
    """Writes a history. An epoch: {"rate": 0.1, "running": {"loss": 1, "accuracy": 0.5}, "val": {…}}, values by split."""
    splits = [name for name in epochs[0] if name not in ("rate", "running")]
    records = [
        {"epoch": i, "learningRate": e["rate"], "running": e["running"], "splits": {name: e[name] for name in splits}}
        for i, e in enumerate(epochs, 1)
    ]
    history = {"splits": splits, "epochs": records, "chosenEpoch": chosen or len(epochs)}
    Path(path).write_text(json.dumps(history, indent=2) + "\n")


def write_scores(path: str, classes: list[str], rows: Iterable[tuple], scale: str = "logit") -> None:
    """Writes scores: rows of (key, split, class, one number for each class); `scale`: logit or probability."""
    with open(path, "w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["key", "split", "label", *(f"{scale}.{name}" for name in classes)])
        writer.writerows([key, split, label, *map(float, scores)] for key, split, label, scores in rows)


def seed(number: int) -> None:
    """Seeds Python, and NumPy and PyTorch where they are loaded; PyTorch then computes deterministically."""
    random.seed(number)
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed(number)
    if torch := sys.modules.get("torch"):
        torch.manual_seed(number)
        torch.use_deterministic_algorithms(True, warn_only=True)
        torch.set_num_threads(cpus)


def results(pipeline: str, root: str = ".") -> dict[str, dict[str, Any]]:
    """For notebooks: what a pipeline has published, by stage and port: paths; of metrics (.json) and tables (.csv) the content."""
    found = {}
    for file in Path(root, "cache", "published").glob("*.json"):
        record = json.loads(file.read_text())
        path = Path(root, record["path"])
        if record["pipeline"] == pipeline and path.exists():
            read = {".json": lambda: json.loads(path.read_text()), ".csv": lambda: list(csv.DictReader(path.open()))}
            found.setdefault(record["stage"], {})[record["port"]] = read.get(path.suffix, lambda: path)()
    return found
