"""Makes the environment of a lock, unless it is there, and starts a program in it: `make_environment.py QUESTION WORD…`.

QUESTION is JSON: `place`, the folder of the environments of this lock; `tool`, pip or uv; `lock`, its path; `files`, the
SHA-256 of each of its files; `root`, the project. An environment has a folder of its own in `place`, and counts once
`ready.json` names that folder, which is written last and at once. So a kill leaves none that is used. Correctness rests
on this alone; the lock on a file only lets others wait where several begin at once.
"""
import fcntl
import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

question, words = json.loads(sys.argv[1]), sys.argv[2:]
place, lock, root = pathlib.Path(question["place"]), pathlib.Path(question["lock"]), question["root"]
name = os.path.relpath(lock, root)
ready = place / "ready.json"
listing = (
    "import importlib.metadata as m, json; print(json.dumps({d.metadata['Name']: d.version for d in m.distributions()}))"
)


def fail(message):
    if events := os.environ.get("RESTAGE_EVENTS"):
        with open(events, "a") as file:
            file.write(json.dumps({"type": "failed", "message": message}) + "\n")
    sys.exit(message)


def check_unchanged():
    for path, digest in question["files"].items():
        content = pathlib.Path(path).read_bytes() if os.path.isfile(path) else b""
        if hashlib.sha256(content).hexdigest() != digest:
            fail(f"{os.path.relpath(path, root)} changed while the stage waited for its environment. Run again")


def found():
    """The folder of the environment that is ready; None where there is none."""
    try:
        folder = place / json.loads(ready.read_text())["folder"]
    except (OSError, ValueError, KeyError):
        return None
    return folder if (folder / "bin" / "python").exists() else None


def run(what, *command, **more):
    """Runs a step, whose lines are the log of the stage."""
    print(f"makes the environment of {name}: {what}", flush=True)
    # Variables that would mix in packages of others, or that are of this program alone.
    inherited = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON") and key != "VIRTUAL_ENV"}
    try:
        status = subprocess.run(command, env={**inherited, **more}, cwd=lock.parent).returncode
    except FileNotFoundError:
        fail(f"{name} needs the program {command[0]}, which is not on PATH")
    if status != 0:
        fail(f"the environment of {name} cannot be made: {what} ended with exit code {status}")


def fill(folder):
    python = str(folder / "bin" / "python")
    if question["tool"] == "uv":
        folder.rmdir()  # only its name is needed: uv makes it
        sync = ["uv", "sync", "--locked", "--project", str(lock.parent), "--python", sys.executable]
        run("uv sync", *sync, UV_PROJECT_ENVIRONMENT=str(folder))
    else:
        run("venv", sys.executable, "-I", "-m", "venv", str(folder))
        pip = [python, "-I", "-m", "pip", "--disable-pip-version-check", "--no-input"]
        # Exactly what is written: a package that is required and not locked would be another one tomorrow.
        run("pip install", *pip, "install", "--no-deps", "--requirement", str(lock))
        check_complete(pip)
    listed = subprocess.run([python, "-I", "-c", listing], stdout=subprocess.PIPE, check=True)
    return json.loads(listed.stdout)


def check_complete(pip):
    checked = subprocess.run([*pip, "check"], stdout=subprocess.PIPE, text=True)
    missing = [line for line in checked.stdout.splitlines() if "which is not installed" in line]
    if missing:
        advice = "Write all packages with their versions, as `python -m pip freeze` prints them"
        fail(f"{name} does not lock everything: {' '.join(missing)} {advice}")


def make():
    place.mkdir(parents=True, exist_ok=True)
    with open(place / "lock", "w") as guard:
        try:
            fcntl.flock(guard, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print(f"waits until the environment of {name} is made", flush=True)
            fcntl.flock(guard, fcntl.LOCK_EX)
        except OSError:
            pass  # a disk that knows no locks: several may make one, and the last one counts
        if folder := found():
            return folder
        for rest in place.iterdir():  # what a kill left
            if rest.is_dir():
                shutil.rmtree(rest, ignore_errors=True)
        check_unchanged()
        folder = pathlib.Path(tempfile.mkdtemp(prefix="", dir=place))
        packages = fill(folder)
        check_unchanged()
        beside = folder / "ready.json"
        beside.write_text(json.dumps({"folder": folder.name, "packages": packages}))
        os.sync()  # the file must not reach the disk before the packages
        os.replace(beside, ready)
        return folder


folder = found() or make()
os.utime(place)  # it was used, which `restage gc` looks at
os.environ["VIRTUAL_ENV"] = str(folder)
os.environ["PATH"] = os.pathsep.join([str(folder / "bin"), os.environ.get("PATH", os.defpath)])
try:
    os.execvp(words[0], words)
except FileNotFoundError:
    fail(f"There is no program {words[0]} in the environment of {name} or on PATH")
