"""What counts of a program: own files by their content, installed packages by their version."""
import ast
import hashlib
import importlib.metadata as metadata
import json
import os
import pathlib
import re
import site
import sys
import sysconfig

script = sys.argv[1] and os.path.realpath(sys.argv[1])
root = os.path.realpath(sys.argv[2])
settings = json.loads(sys.argv[3]) if len(sys.argv) > 3 else {}
schemes = sysconfig.get_paths()
installed = [schemes["purelib"], schemes["platlib"], *site.getsitepackages(), site.getusersitepackages()]
standard = tuple(schemes[name] + os.sep for name in ("stdlib", "platstdlib"))
inside = tuple(folder + os.sep for folder in installed)
owners = metadata.packages_distributions()

files = {}  # by path, the label and the digest
packages = {}  # by name, the version, and the digest of the code of one that was installed from a folder
looked = {sys.executable, os.path.realpath(sys.executable), *installed}  # paths that decided what was found
warnings = {}


# A copy of restage.py that nobody changed counts by what it says and reads, its protocol, and not by its text: as the
# first file of that protocol, so that what was computed with any of them stays valid. Here are the SHA-256 of all such
# files, the newest last.
first_of_protocol = pathlib.Path(__file__).with_name("restage_protocol_1.py")
shipped = {
    "500bec72890d9f3827aef45816603dc28cf6297af0485d5817cea06f72db8b94",
    "30503ea6ea3a5c68fc3aa28c40fdc8aba6d13e43018cdb3daa6a1beb329d4d0d",
    "300914e004a896f4f1e18347d94c4f0623f020020c8816fed99ecf51ea1bce19",
    "825f498315ef6b076e6874c384df1df039190d7ce27e60f11285341a9aa13c74",
}


def warn(at, what, loads="files"):
    """Warns of what cannot be known: `files` that show when the program runs, a `text`, installed `packages`, or
    `nothing` where a file cannot be read."""
    warnings.setdefault((at, what), loads)


def label_of(path, base):
    """The path of a file from the project or, outside of it, from the folder in which Python found its module."""
    return os.path.relpath(path, root if path.startswith(root + os.sep) else base)


def holder_of(path):
    """The file that holds a module: its own one, or the zip file around it."""
    while not os.path.exists(path) and path != os.path.dirname(path):
        path = os.path.dirname(path)
    return path


def count(path, base, source=None, is_lenient=False):
    """Counts a file, and gives its syntax tree. Bytes count where it is no source, or with `is_lenient` cannot be parsed.

    `source` is that of a module in a zip file.
    """
    holder = holder_of(path)
    content = pathlib.Path(holder).read_bytes()
    if os.path.basename(path) == "restage.py" and digest_of(content.replace(b"\r\n", b"\n")) in shipped:
        content = first_of_protocol.read_bytes()
    is_source = holder == path and (path.endswith((".py", ".pyw")) or path == script)
    try:
        tree = ast.parse(content if is_source else source or "", label_of(path, base))
    except (SyntaxError, ValueError):
        if not is_lenient:
            raise
        tree, is_source = ast.parse(""), False
    if holder not in files:
        counted = ast.dump(tree).encode() if is_source else content
        files[holder] = [label_of(holder, base), digest_of(counted)]
    return tree


def digest_of(content):
    return hashlib.sha256(content).hexdigest()


def distributions_of(top):
    """The names of the installed distributions that have a module of this top name."""
    return owners.get(top) or [one.metadata["Name"] for one in metadata.distributions(name=top)]  # Debian has no RECORD


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
        packages[name][1] = digest_of("\n".join(code).encode())
    for requirement in found.requires or []:
        if not re.search(r"\bextra\s*==", requirement):
            add_distribution(re.match(r"[\w.-]+", requirement)[0])
