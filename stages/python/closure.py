"""Finds what decides the results of a Python program, without running it: `python closure.py SCRIPT ROOT` prints JSON.

Own modules count by their syntax trees, so comments and formatting do not matter. Installed packages count by version,
with those that they require. The interpreter counts by version and build. Needs the standard library only.
"""
import ast
import hashlib
import importlib.metadata as metadata
import importlib.util
import json
import os
import pathlib
import re
import site
import sys
import sysconfig

if sys.version_info < (3, 10):
    sys.exit(f"Python {sys.version.split()[0]} is too old: the oldest supported version is 3.10")
script, root = os.path.realpath(sys.argv[1]), os.path.realpath(sys.argv[2])
sys.path[0] = os.path.dirname(script)  # as if the script had been started
places = sysconfig.get_paths()
installed = [places["purelib"], places["platlib"], *site.getsitepackages(), site.getusersitepackages()]
standard = tuple(places[name] + os.sep for name in ("stdlib", "platstdlib"))
inside = tuple(folder + os.sep for folder in installed)
files, packages, missing, error, looked = {}, {}, {}, None, {sys.executable, os.path.realpath(sys.executable), *installed}
warnings, queue, seen, own, owners = [], [(script, "", sys.path[0])], set(), set(), metadata.packages_distributions()
pure = set("path Path join abspath dirname normpath realpath expanduser getcwd parent parents resolve absolute".split())


def find(name):
    """The spec of a module; None where it is not found. Unlike importlib.util.find_spec, runs no package around it."""
    parent, _, last = name.rpartition(".")
    above = find(parent) if parent else None
    path = above.submodule_search_locations if above else None
    if parent and path is None:
        return None
    if above:  # a folder without __init__.py asks the module around it where it lies
        sys.modules.setdefault(parent, above).__path__ = path
    found = next((spec for finder in sys.meta_path if (spec := finder.find_spec(name, path))), None)
    here = os.path.dirname(found.origin) if found and found.has_location else None
    for folder in map(str, sys.path if path is None else path):
        places = [os.path.join(folder, last, "__init__.py"), os.path.join(folder, last + ".py")]
        looked.update(places)  # a nearer module of this name would be found first
        if here in (folder, os.path.dirname(places[0])):
            break
    return found


def add_distribution(name):
    """Adds an installed distribution and those that it requires, except by extras."""
    name = re.sub(r"[-_.]+", "-", name).lower()
    found = None if name in packages else next(iter(metadata.distributions(name=name)), None)
    if found is None:
        return
    packages[name] = [found.version or "", ""]
    if home := getattr(found, "_path", None):
        looked.update(map(str, [home / "METADATA", home / "RECORD"] if home.is_dir() else [home]))
    if found.read_text("direct_url.json"):  # from a folder or a repository: it may change under the same version
        lines = (found.read_text("RECORD") or "").splitlines()
        code = sorted(line for line in lines if ".dist-info/" not in line and not line.startswith((".", "/")))
        packages[name][1] = hashlib.sha256("\n".join(code).encode()).hexdigest()
    for requirement in found.requires or []:
        if not re.search(r"\bextra\s*==", requirement):
            add_distribution(re.match(r"[\w.-]+", requirement)[0])


def add(name, needed=False):
    """Adds a module with the packages around it. A name that is perhaps no module is left out where it is none."""
    top, _, _ = name.partition(".")
    if top != name:
        add(name.rpartition(".")[0], needed)
    if name in seen or (top != name and top not in own):
        return
    found = find(name)
    if found is None:
        if needed and top == name and not any("sys.path" in one for one in warnings):  # it may lie in such a folder
            missing[name] = True
        return
    seen.add(name)
    folders = found.submodule_search_locations
    origin = found.origin if found.has_location else next(iter(folders or []), "")
    names = owners.get(top) or [one.metadata["Name"] for one in metadata.distributions(name=top)]  # Debian has no RECORD
    if origin.startswith(inside) and names:
        for distribution in names:
            add_distribution(distribution)
    elif origin and (origin.startswith(inside) or not origin.startswith(standard)):
        own.add(top)
        if found.has_location:
            package = name if folders is not None else name.rpartition(".")[0]
            queue.append((origin, package, pathlib.Path(origin).parents[name.count(".") + (folders is not None)]))


def value_of(node, path, names):
    """The value of an expression of literals, `__file__`, functions of os.path and pathlib, and names of such."""
    if any(getattr(one, "attr", "path") not in pure for one in ast.walk(node)):
        raise ValueError(ast.unparse(node))
    used = {getattr(one, "id", None) for one in ast.walk(node)} & names.keys()
    known = {"os": os, "pathlib": pathlib, "Path": pathlib.Path, "str": str, "__file__": path, "__builtins__": {}}
    known.update((name, value_of(names[name], path, names)) for name in used)
    return eval(compile(ast.Expression(node), path, "eval"), known)


def read_call(node, path, label, names):
    """Follows a change of sys.path, and an import whose name is written out; warns of others."""
    name, at = ast.unparse(node.func), f"{label}:{node.lineno}"
    if name in ("sys.path.append", "sys.path.insert") and node.args:
        try:
            sys.path.insert(1, os.path.normpath(os.path.join(root, str(value_of(node.args[-1], path, names)))))
        except Exception:
            warnings.append(f"{at} changes sys.path by a value that only running it can tell")
    elif name in ("importlib.import_module", "import_module", "__import__") and node.args:
        first = getattr(node.args[0], "value", None)
        if isinstance(first, str) and not first.startswith("."):
            add(first)
        else:
            warnings.append(f"{at} imports a module whose name is computed")
    elif name.split(".")[-1] in ("spec_from_file_location", "run_path", "run_module"):
        warnings.append(f"{at} runs code that it finds itself")


def read(path, package, base):
    """Adds one own file, and what it imports."""
    content, is_code = pathlib.Path(path).read_bytes(), path.endswith((".py", ".pyw")) or path == script
    label = os.path.relpath(path, root if path.startswith(root + os.sep) else base)
    tree = ast.parse(content if is_code else b"", label)
    files[path] = [label, hashlib.sha256(ast.dump(tree).encode() if is_code else content).hexdigest()]
    needed = set(tree.body)
    names = {to.id: it.value for it in tree.body if type(it) is ast.Assign for to in it.targets if hasattr(to, "id")}
    for node in sorted(ast.walk(tree), key=lambda one: not isinstance(one, ast.Call)):  # changes of sys.path first
        if isinstance(node, ast.Call):
            read_call(node, path, label, names)
        elif isinstance(node, ast.Import):
            for alias in node.names:
                add(alias.name, node in needed)
        elif isinstance(node, ast.ImportFrom) and node.level <= len(package.split(".") if package else ""):
            name = importlib.util.resolve_name("." * node.level + (node.module or ""), package)
            add(name, node in needed)
            for alias in node.names:
                add(f"{name}.{alias.name}")


try:
    while queue:
        if (item := queue.pop())[0] not in files:
            read(*item)
except (OSError, ValueError, RecursionError, SyntaxError) as wrong:
    error = f"{wrong.filename}:{wrong.lineno}: {wrong.msg}" if isinstance(wrong, SyntaxError) else str(wrong)
answer = {"python": sys.executable, "build": " ".join(sys.version.split()), "files": files, "packages": packages}
print(json.dumps({**answer, "looked": sorted(looked), "missing": [*missing], "warnings": warnings, "error": error}))
