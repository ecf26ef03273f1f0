"""Where modules lie."""
import os
import pathlib
import pkgutil
from importlib.machinery import ModuleSpec

from counting import looked, root


def find_in(folders, name):
    """The spec of a module in the first of some folders that has it; None where none has.

    PathFinder would do the same, but only for modules whose packages are loaded.
    """
    last = name.rpartition(".")[2]
    portions = []
    for folder in folders:
        if not isinstance(folder, str):
            continue  # as Python does
        folder = os.path.abspath(folder)
        # A nearer module of this name would be found first.
        looked.update([os.path.join(folder, last, "__init__.py"), os.path.join(folder, last + ".py")])
        importer = pkgutil.get_importer(folder)
        found = importer.find_spec(name) if importer else None
        if found and found.loader:
            return found
        if found:
            portions += found.submodule_search_locations
    if not portions:
        return None
    package = ModuleSpec(name, None, is_package=True)  # without __init__.py
    package.submodule_search_locations = portions
    return package


def site_folders(folder):
    """A folder of packages, with the folders that its .pth files name."""
    yield folder
    names = sorted(os.listdir(folder)) if os.path.isdir(folder) else []
    for name in names:
        lines = pathlib.Path(folder, name).read_text().splitlines() if name.endswith(".pth") else []
        for line in map(str.strip, lines):
            path = os.path.join(folder, line)
            if line and not line.startswith(("#", "import ", "import\t")) and os.path.exists(path):
                yield path


def module_of(path):
    """The name of the module in a file, by the packages around it, and the package in which it lies."""
    names, folder = [], os.path.dirname(path)
    while os.path.exists(os.path.join(folder, "__init__.py")):
        names.insert(0, os.path.basename(folder))
        folder = os.path.dirname(folder)
    package = ".".join(names)
    stem = os.path.basename(path).partition(".")[0]
    return (package if stem == "__init__" else ".".join([*names, stem])), package


skipped = ("cache", "node_modules")
code = (".py", ".pyw", ".pyc", ".pyx", ".so", ".pyd")


def place_in_project(name):
    """The path of a module or folder of this name in the project, wherever it lies; None where there is none."""
    folders = [root]
    for folder in folders:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name) if os.access(folder, os.R_OK) else []
        if any(entry.name == "pyvenv.cfg" for entry in entries):
            continue
        for entry in entries:
            if entry.name.partition(".")[0] == name and (entry.is_dir() or entry.name.endswith(code)):
                return os.path.relpath(entry.path, root)
        inner = [entry for entry in entries if entry.is_dir(follow_symlinks=False)]
        folders += [entry.path for entry in inner if entry.name not in skipped and not entry.name.startswith(".")]
    return None
