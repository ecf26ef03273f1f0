"""Finds what decides the results of a Python program, without running it: `python closure.py SCRIPT ROOT` prints JSON.

A third word is JSON with the settings of the stage that say more: `module`, which runs in place of an empty SCRIPT;
`modules` and `code`, which count, too; `launcher`, the words that start the program; and `environment`, with which the
packages are not those that this interpreter finds, but those of a lock.

Own modules count by their syntax trees, so comments and formatting do not matter. Installed packages count by version,
with those that they require. The interpreter counts by version and build. Needs the standard library only.

Further words name files by their paths from ROOT: what the program loaded in an earlier run.
"""
import gc
import json
import os
import sys

if sys.version_info < (3, 10):
    sys.exit(f"Python {sys.version.split()[0]} is too old: the oldest supported version is 3.10")
sys.dont_write_bytecode = True
sys.setrecursionlimit(5_000)  # an import within an import within an import …
gc.disable()  # syntax trees have no cycles, and looking for some would take most of the time

if getattr(sys.flags, "safe_path", False):
    sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from counting import files, looked, packages, root, script, settings, warnings
from modules import place_in_project
from program import Program, add_code

del sys.path[0]  # the folder of this file
error, loaded, gone = None, [], []
main = Program(os.path.dirname(script) if script else root)
try:
    if script:
        main.run(script, "__main__", base=os.path.dirname(script))
    else:
        main.add_named(settings["module"], "module")
        main.add(settings["module"] + ".__main__")
    for name in settings.get("modules", []):
        main.add_named(name, "modules")
    main.add_launcher(settings.get("launcher", []))
    for pattern in settings.get("code", []):
        add_code(pattern)
    main.finish()
    main.is_lenient = True  # these were loaded, whatever their code says
    for path in sys.argv[4:]:
        if not os.path.isfile(os.path.join(root, path)):
            gone.append(path)
        elif os.path.join(root, path) not in files and main.load(path):
            loaded.append(path)
    main.finish()
except (OSError, ValueError, RecursionError, SyntaxError) as wrong:
    error = f"{wrong.filename}:{wrong.lineno}: {wrong.msg}" if isinstance(wrong, SyntaxError) else str(wrong)
if error is not None:
    looked.update(files, main.read_files)  # an edit of one of them may mend it
answer = {
    "python": sys.executable,
    "build": " ".join(sys.version.split()),
    "files": files,
    "packages": packages,
    "looked": sorted(looked),
    "absent": [[name, at, place_in_project(name)] for name, at in main.absent.items()],
    "isUnclear": main.is_unclear,
    "warnings": [[at, what, loads] for (at, what), loads in warnings.items()],
    "loaded": loaded,
    "gone": gone,
    "error": error,
}
print(json.dumps(answer))
