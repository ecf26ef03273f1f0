"""What a program says to Restage and reads from it: one file without dependencies, for Python 3.10 or newer.

Copy it beside your program. Without Restage the program runs, too: inputs, outputs and settings are then words of the
command line (`--lr 0.01 --faces artifacts/study/faces/dataset`), messages are printed, and nothing is resumed.
"""
import csv
import hashlib
import io
import json
import os
import pickle
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
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
_continues = _stage["settings"].get("continues", []) if _stage else []
inputs, outputs = _Ports(), _Ports(_stage["outputs"] if _stage else {})
for _port, _items in (_stage["inputs"] if _stage else {}).items():
    inputs[_port] = [item["path"] for item in _items] if _port in _stage["lists"] else _items[0]["path"]
cpus = int(_stage["cpus"]) if _stage else os.cpu_count()
# Of several processes that a launcher such as torchrun or srun started, one reports and saves.
_is_first = os.environ.get("RANK", os.environ.get("SLURM_PROCID", "0")) == "0"


def _send(type, **message):
    if not _is_first and type not in ("warn", "failed"):
        return
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


def highlight(title: str, columns: list[str], rows: list, conclusion: str = "") -> None:
    """A small table for the summary of the run, and what follows from it, as a sentence."""
    said = {"conclusion": conclusion} if conclusion else {}
    _send("highlight", title=title, columns=columns, rows=rows, **said)


def fail(message: object) -> NoReturn:
    """Ends the program with a message for its user, without a traceback."""
    _send("failed", message=str(message))
    sys.exit(str(message))


class _Part(io.RawIOBase):
    """A part of an open file, as a file to read: nothing of it is held in memory."""

    def __init__(self, file, begin, end):
        self.file, self.begin, self.end = file, begin, end
        file.seek(begin)

    def readable(self):
        return True

    def seekable(self):
        return True

    def tell(self):
        return self.file.tell() - self.begin

    def seek(self, offset, whence=os.SEEK_SET):
        self.file.seek(offset + {os.SEEK_SET: self.begin, os.SEEK_CUR: self.file.tell(), os.SEEK_END: self.end}[whence])
        return self.tell()

    def readinto(self, buffer):
        return self.file.readinto(memoryview(buffer)[: max(0, self.end - self.file.tell())])


class _Hashed:
    """Writes to a file and hashes what it writes."""

    def __init__(self, file):
        self.file, self.digest, self.flush = file, hashlib.sha256(), file.flush

    def write(self, data):
        self.digest.update(data)
        return self.file.write(data)


class checkpoint:
    """What the program has reached. It outlives a kill, for the same code, settings and inputs.

    The settings that the stage names under `continues`, such as `epochs`, may be larger than they were.
    """

    @staticmethod
    def load() -> Any:
        """What was saved last, or None. Tensors come back on the CPU."""
        path = Path(os.environ.get("RESTAGE_CHECKPOINT", ""))
        if not path.is_file():
            return None
        with open(path, "rb") as file:
            end = os.fstat(file.fileno()).st_size - 32
            digest, part = hashlib.sha256(), _Part(file, 0, end)
            while chunk := part.read(1 << 22):
                digest.update(chunk)
            file.seek(max(0, end))
            if file.read() != digest.digest():
                return warn("the checkpoint is damaged: the stage begins from the start")
            begin, made = _made_with(file)
            now = {name: settings.get(name) for name in made}
            for name, value in made.items():
                if not _reaches(now[name], value):
                    wanted = f"at most {now[name]}" if _is_number(value) and _is_number(now[name]) else json.dumps(now[name])
                    return info(f"begins from the start: its checkpoint was made with {name} {value}, not {wanted}")
            if now != made:
                info("continues from a checkpoint with " + ", ".join(f"{name} {value}" for name, value in made.items()))
            state = io.BufferedReader(_Part(file, begin, end))
            if state.peek(2).startswith(b"PK"):
                return sys.modules["torch"].load(state, map_location="cpu", weights_only=False)
            return pickle.load(state)

    @staticmethod
    def save(state: Any) -> None:
        """Replaces the last one, whole or not at all. `state`: anything that torch.save or pickle takes.

        It is written piece by piece, so that no further copy of it is in memory.
        """
        if "RESTAGE_CHECKPOINT" not in os.environ or not _is_first:
            return
        path = Path(os.environ["RESTAGE_CHECKPOINT"])
        path.parent.mkdir(parents=True, exist_ok=True)
        beside = path.with_name(f".{path.name}.{os.getpid()}")
        with open(beside, "wb") as file:
            hashed = _Hashed(file)
            hashed.write(_header())
            if torch := sys.modules.get("torch"):
                torch.save(state, hashed)
            else:
                pickle.dump(state, hashed, protocol=5)
            file.write(hashed.digest.digest())
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, path)


def _header():
    """The beginning of a checkpoint that is made with settings to `continue`: its length in four bytes, and JSON."""
    made = {name: settings.get(name) for name in _continues}
    text = json.dumps({"state": {"continues": made}, "lengths": []}).encode()
    return len(text).to_bytes(4, sys.byteorder) + text if made else b""


def _made_with(file):
    """Where the state of a checkpoint begins, and the settings to `continue` that it was made with."""
    file.seek(0)
    if not _continues:
        return 0, {}
    length = int.from_bytes(file.read(4), sys.byteorder)
    return 4 + length, json.loads(file.read(length))["state"]["continues"]


def _is_number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _reaches(now, made):
    return made <= now if _is_number(now) and _is_number(made) else made == now


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


class Results(dict):
    """What a pipeline has published, by stage and port: paths; of metrics (.json) and tables (.csv) the content."""

    def __init__(self, pipeline, root):
        super().__init__()
        self.pipeline, self.root = pipeline, Path(root)
        for file in self.root.joinpath("cache", "published").glob("*.json"):
            record = json.loads(file.read_text())
            path = self.root / record["path"]
            if record["pipeline"] == pipeline and path.exists():
                read = {".json": lambda: json.loads(path.read_text()), ".csv": lambda: list(csv.DictReader(path.open()))}
                self.setdefault(record["stage"], {})[record["port"]] = read.get(path.suffix, lambda: path)()
        self._stages = None

    @property
    def stages(self) -> list[dict]:
        """Each stage as `restage results --json` gives it. Values are those of stages that are up to date."""
        if self._stages is None:
            self._stages = json.loads(_ask(self.root, "results", self.pipeline, "--json"))
        return self._stages

    @property
    def rows(self) -> list[dict]:
        """A flat row for each stage, as pandas.DataFrame takes them: its axes, its settings as `settings.args.lr`, its
        metrics as `test.auc`, with the ends of their intervals as `test.auc.low` and `test.auc.high`."""
        return [
            {**_begin(stage), **_flat(stage["settings"], "settings."), **stage["numbers"], **_ends(stage["intervals"])}
            for stage in self.stages
        ]

    @property
    def curves(self) -> list[dict]:
        """A row for each point that a stage reported: its axes, and curve, unit, step and value."""
        return [
            {**_begin(stage), "curve": curve["name"], "unit": curve["unit"], "step": step, "value": value}
            for stage in self.stages
            for curve in stage["curves"]
            for step, value in curve["points"]
        ]

    @property
    def paths(self) -> dict[str, dict[str, Path]]:
        """The path of every published file and folder, by stage and port."""
        return {stage["stage"]: {port: Path(path) for port, path in stage["paths"].items()} for stage in self.stages}


def _begin(stage):
    axes = {name: _number(text) for name, text in stage["axes"].items()}
    return {**axes, "stage": stage["stage"], "kind": stage["kind"], "state": stage["state"]}


def _number(text):
    """The number that a text is, or the text."""
    try:
        return json.loads(text, parse_constant=lambda _: text) if text[:1] in "-0123456789" else text
    except ValueError:
        return text


def _flat(settings, before):
    flat = {}
    for name, value in settings.items():
        flat.update(_flat(value, f"{before}{name}.") if isinstance(value, dict) and value else {before + name: value})
    return flat


def _ends(intervals):
    return {f"{name}.{end}": value for name, ends in intervals.items() for end, value in zip(("low", "high"), ends)}


def _start(root, *words, **options):
    """Starts the command of the project, or else the one on PATH."""
    folders = [folder for folder in (Path(root).resolve(), *Path(root).resolve().parents) if (folder / "pipelines").exists()]
    commands = [folder / path for folder in folders for path in ("node_modules/.bin/restage", "bin/restage.js")]
    command = next((str(path) for path in commands if path.exists()), None) or shutil.which("restage")
    if command is None:
        raise FileNotFoundError(f"There is no command restage in the project of {Path(root).resolve()}, nor on PATH")
    options = {"cwd": root, "text": True, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options}
    return subprocess.Popen(["restage", *words], executable=command, **options)


def _ask(root, *words):
    process = _start(root, *words)
    answer, said = process.communicate()
    if not answer.startswith("["):
        raise RuntimeError(said.strip())
    print(said, end="", file=sys.stderr)
    return answer


def results(pipeline: str, root: str = ".") -> Results:
    """For notebooks: what a pipeline has published, and all of it as rows for pandas."""
    return Results(pipeline, root)


def plan(pipeline: str, *stages: str, set: dict | None = None, root: str = ".") -> list[dict]:
    """What a run would do: for each stage its `state`, such as "stale", and the `reasons`. Changes nothing."""
    return json.loads(_ask(root, "plan", pipeline, *stages, *_options(set), "--json"))


def run(
    pipeline: str,
    *stages: str,
    set: dict | None = None,
    root: str = ".",
    show: bool = True,
    on_event: Callable[[dict], None] = lambda event: None,
) -> list[dict]:
    """Brings a pipeline, or some of its stages, up to date, and returns the events of `restage run --reporter json`.

    `set` gives values of parameters: {"params.epochs": 5}. `show` draws the progress, in a notebook as bars. `on_event`
    gets every event as it comes. Raises a RuntimeError with the messages of the stages that failed. An interrupt ends
    the run as Ctrl-C does, and waits for it.
    """
    board, events = _Board() if show else None, []
    words = [pipeline, *stages, *_options(set), "--reporter", "json"]
    with tempfile.TemporaryFile("w+") as said:  # a pipe that nobody reads would stop it
        process = _start(root, "run", *words, stderr=said, start_new_session=True)
        try:
            for line in process.stdout:
                events.append(json.loads(line))
                on_event(events[-1])
                if board:
                    board.receive(events[-1])
        except BaseException:
            process.send_signal(signal.SIGINT)
            process.communicate()
            raise
        if process.wait() == 0:
            return events
        failed = [f"{e['stage']}: {e['message']}" for e in events if e["type"] == "stage-finished" and e.get("message")]
        said.seek(0)
        raise RuntimeError("\n".join(failed) or said.read().strip())


def _options(set):
    return [word for name, value in (set or {}).items() for word in ("--set", f"{name}={json.dumps(value)}")]


class _Board:
    """The progress of a run: bars in a notebook, and otherwise a line for each stage that ends."""

    def __init__(self):
        shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
        self.display = sys.modules.get("IPython.display") if hasattr(shell, "kernel") else None
        self.running, self.ended, self.handle, self.drawn = {}, [], None, 0.0

    def receive(self, event):
        stage, kind = event.get("stage"), event["type"]
        if kind == "stage-started":
            self.running[stage] = {"done": 0, "total": 0, "unit": ""}
        elif kind == "stage-progress" and stage in self.running:
            self.running[stage] = event["progress"]
        elif kind == "stage-finished":
            self.running.pop(stage, None)
            self.ended.append((stage, event["outcome"]))
            if self.display is None:
                print(f"{event['outcome']:12} {stage}", file=sys.stderr)
        else:
            return
        if self.display and (kind != "stage-progress" or time.monotonic() - self.drawn > 0.2):
            self.draw()

    def draw(self):
        import html

        self.drawn = time.monotonic()
        bars = [
            f"<tr><td>{html.escape(stage)}</td><td><progress value='{at['done'] or 0}' max='{at['total'] or 1}'></progress>"
            f"</td><td>{at['done']} of {at['total']} {html.escape(at['unit'])}</td></tr>"
            for stage, at in self.running.items()
        ]
        ended = [f"<tr><td>{html.escape(stage)}</td><td>{outcome}</td><td></td></tr>" for stage, outcome in self.ended]
        page = self.display.HTML(f"<table>{''.join([*ended, *bars])}</table>")
        if self.handle is None:
            self.handle = self.display.display(page, display_id=True)
        else:
            self.handle.update(page)
