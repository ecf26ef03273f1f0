"""What a program loads, found by reading its code in the order in which Python runs it."""
import ast
import contextlib
import glob
import importlib.metadata as metadata
import importlib.util
import os
import pathlib
import pkgutil
import re
import sys
from importlib.machinery import PathFinder

from counting import add_distribution, count, distributions_of, inside, label_of, looked, root, settings, standard, warn
from expressions import Argument, Scope, hidden
from modules import find_in, module_of, site_folders

importers = ("importlib.__import__", "__import__", "builtins.__import__")
evaluators = ("exec", "eval", "builtins.exec", "builtins.eval")
runners = {"run_path": 0, "spec_from_file_location": 1, "SourceFileLoader": 1}  # by name, the place of the path
plugins = ("importlib.metadata.entry_points", "importlib_metadata.entry_points", "pkg_resources.iter_entry_points")
builders = tuple(f"hydra.utils.{name}" for name in ("instantiate", "call", "get_class", "get_method", "get_object"))
starters = re.compile(r"subprocess\.(run|Popen|call|check_call|check_output)|os\.(system|popen)")
spawners = re.compile(r"os\.(execl|execv|spawnl|spawnv)p?e?|os\.posix_spawnp?|asyncio\.create_subprocess_exec")
interpreter = re.compile(r"(.*/)?python[\d.]*")
edits = ("append", "extend", "insert", "remove", "pop", "clear", "reverse")
finders = tuple(f"sys.{which}.{edit}" for which in ("meta_path", "path_hooks") for edit in edits)
tries = (ast.Try, getattr(ast, "TryStar", ast.Try))


class Program:
    """One start of the interpreter: where it looks for modules, and what it has loaded so far."""

    def __init__(self, folder, is_lenient=False):
        self.search = [*sys.path] if getattr(sys.flags, "safe_path", False) else [folder, *sys.path]
        self.is_lenient = is_lenient  # whether a file may be no Python, and a module absent
        self.is_unclear = False  # whether the program finds modules in a way that only running it can tell
        self.is_certain = True  # whether what is read surely runs: no function, branch or `try` is around it
        self.is_guarded = False  # whether what is read may fail, since a `try` is around it
        self.modules = {}
        self.given = set()  # modules that the program itself puts into sys.modules
        self.own = set()  # top names of modules that are no installed packages
        self.absent = {}  # modules that it cannot do without, by where they are imported
        self.read_files = set()
        self.functions = {}  # by full name, the last one that was defined
        self.unread = {}  # functions whose body has not been read, with the scope around them

    def run(self, path, module="", package="", base=root, source=None, is_lenient=False):
        """Reads a file, as if Python ran it."""
        if path in self.read_files:
            return
        self.read_files.add(path)
        label = label_of(path, base)
        try:
            tree = count(path, base, source, is_lenient or self.is_lenient)
        except (SyntaxError, ValueError) as wrong:
            if self.is_certain:
                raise
            warn(f"{label}:{getattr(wrong, 'lineno', 1)}", f"cannot be read ({getattr(wrong, 'msg', wrong)})", "nothing")
            tree = count(path, base, source, is_lenient=True)
        scope = Scope(path, label, module, package, self.search)
        self.read(tree.body, scope, frozenset(tree.body))

    def finish(self):
        """Reads the functions that nothing called while the modules were loaded: they run later."""
        while self.unread:
            self.call(next(iter(self.unread)), [])
        for name in [name for name in self.absent if self.find(name)]:
            self.add(name)
            del self.absent[name]

    def call(self, function, arguments):
        inner = self.unread.pop(function).inner()
        parameters = [*function.args.posonlyargs, *function.args.args]
        for parameter in ast.walk(function.args):
            if isinstance(parameter, ast.arg):
                inner.forget(parameter.arg)
        for parameter, argument in zip(parameters, arguments):
            inner.values[parameter.arg] = argument
        self.read(function.body, inner)

    def read(self, body, scope, needed=frozenset()):
        """Follows statements in the order in which they run. A module is `needed` whose import nothing guards."""
        stack = list(reversed(body))
        while stack:
            node = stack.pop()
            children = parts_of(node)
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                name = f"{scope.module}.{node.name}"
                scope.forget(node.name)
                scope.meanings[node.name] = name
                self.functions[name] = node
                self.unread[node] = scope
                children = [*node.decorator_list, *node.args.defaults]
            elif isinstance(node, ast.If):
                children = [node.test, *self.branches(node, scope)]
            elif isinstance(node, tries) and node.handlers:
                self.read_guarded(node.body, scope)
                children = [*node.handlers, *node.orelse, *node.finalbody]
            elif isinstance(node, ast.Import):
                self.read_import(node, scope, node in needed)
            elif isinstance(node, ast.ImportFrom):
                self.read_from(node, scope, node in needed)
            elif isinstance(node, (ast.Assign, ast.AnnAssign, ast.AugAssign, ast.Delete)):
                self.read_assignment(node, scope)
            elif isinstance(node, ast.withitem) and isinstance(node.optional_vars, ast.Name):
                scope.bind(node.optional_vars.id, node.context_expr)
            elif isinstance(node, (ast.For, ast.AsyncFor)):
                self.forget(node.target, scope)
            elif isinstance(node, ast.Dict):
                for key, value in zip(node.keys, node.values):
                    if getattr(key, "value", None) == "_target_":
                        self.read_target(value, scope)
            elif isinstance(node, ast.Call):
                self.read_call(node, scope)
            stack.extend(reversed(children))

    def read_guarded(self, body, scope):
        """Follows statements after which the program continues if a module, or one that this imports, is absent."""
        before, self.is_guarded = self.is_guarded, True
        self.read(body, scope)
        self.is_guarded = before

    def branches(self, node, scope):
        """The statements of an `if` that may run: all, where only running it can tell."""
        if scope.name_of(node.test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING"):
            return node.orelse
        is_search = any(scope.name_of(part) == "sys.path" for part in ast.walk(node.test))
        holds = scope.try_value(node.test) if is_search else None
        return [*node.body, *node.orelse] if holds is None else node.body if holds else node.orelse

    def read_import(self, node, scope, is_needed):
        for alias in node.names:
            self.add(alias.name, scope.at(node) if is_needed else None)
            name = alias.asname or alias.name.partition(".")[0]
            scope.forget(name)
            scope.meanings[name] = alias.name if alias.asname else name

    def read_from(self, node, scope, is_needed):
        name = resolve("." * node.level + (node.module or ""), scope.package)
        if not name:
            return
        self.add(name, scope.at(node) if is_needed else None)
        for alias in node.names:
            self.add(f"{name}.{alias.name}", scope.at(node) if is_needed else None)
            scope.forget(alias.asname or alias.name)
            scope.meanings[alias.asname or alias.name] = f"{name}.{alias.name}"

    def read_assignment(self, node, scope):
        """Notes the value of a name, and follows a change of `sys.path` and `sys.modules`."""
        for target in getattr(node, "targets", None) or [node.target]:
            is_item = isinstance(target, ast.Subscript)
            name = scope.name_of(target.value if is_item else target)
            is_search = name == "sys.path"
            if name == "sys.modules" and is_item and isinstance(node, ast.Assign):
                self.give(target.slice, scope)
            elif is_search and (not isinstance(target, ast.Name) or isinstance(node, ast.AugAssign)):
                try:
                    self.search[:] = self.assigned(node, target, scope)
                except Exception:
                    self.lose_search(node, scope)
            elif isinstance(target, ast.Name) and not isinstance(node, (ast.AugAssign, ast.Delete)):
                scope.bind(target.id, node.value)
            elif not is_item:
                self.forget(target, scope)

    def forget(self, target, scope):
        """Some of several names that are assigned to at once, or a name that changes, may have any value."""
        for part in ast.walk(target):
            if isinstance(part, ast.Name):
                scope.forget(part.id)

    def assigned(self, node, target, scope):
        """The search path after an assignment to it or to a part of it, or after a deletion."""
        search = list(self.search)
        if not isinstance(target, ast.Subscript):
            value = scope.value_of(node.value)
            return [*search, *value] if isinstance(node, ast.AugAssign) else list(value)
        index = scope.index_of(target.slice)
        if isinstance(node, ast.Delete):
            del search[index]
        elif isinstance(node, ast.Assign):
            search[index] = scope.value_of(node.value)
        else:
            raise ValueError(ast.unparse(node))
        return search

    def lose_search(self, node, scope):
        self.is_unclear = True
        warn(scope.at(node), "changes sys.path by a value that only running it can tell")

    def give(self, name, scope):
        """Notes a module that the program makes itself, by the expression for its name."""
        if text := scope.text_of(name):
            self.given.add(text)
        else:
            self.is_unclear = True

    def read_call(self, node, scope):
        name, at = scope.name_of(node.func), scope.at(node)
        last = name.rpartition(".")[2]
        first = node.args[0] if node.args else None
        if name == f"sys.path.{last}" and last in edits or name == "site.addsitedir":
            self.edit_search(last, node, scope)
        elif name == "sys.modules.setdefault" and first:
            self.give(first, scope)
        elif name in finders:
            self.is_unclear = True
            warn(at, "changes how Python finds modules")
        elif (name in importers or last == "import_module") and first:
            self.read_importer(node, scope)
        elif name in evaluators and first:
            self.read_evaluator(first, scope, at)
        elif last in runners and not self.run_file([*node.args, None, None][runners[last]], scope):
            warn(at, "runs code that it finds itself")
        elif last == "run_module":
            self.run_module(first and scope.text_of(first), at)
        elif name in plugins:
            self.read_plugins(keyword(node, "group") or first, scope, at)
        elif name in builders:
            warn(at, "builds what a configuration names")
        elif starters.fullmatch(name) or spawners.fullmatch(name):
            self.read_command(node, scope, is_spread=spawners.fullmatch(name))
        if target := keyword(node, "_target_"):
            self.read_target(target, scope)
        function = self.functions.get(name) or self.functions.get(f"{scope.module}.{name}")
        if function in self.unread:
            self.call(function, [Argument(argument, scope) for argument in node.args])

    def edit_search(self, method, node, scope):
        values = [scope.try_value(argument) for argument in node.args]
        if any(value is None for value in values) or node.keywords:
            return self.lose_search(node, scope)
        try:
            if method == "addsitedir":
                self.search += [folder for folder in site_folders(*values) if folder not in self.search]
            else:
                getattr(self.search, method)(*values)
        except (ValueError, IndexError):
            pass  # what it removes is not there
        except Exception:
            self.lose_search(node, scope)

    def read_importer(self, node, scope):
        name, package = scope.text_of(node.args[0]), keyword(node, "package") or [*node.args, None][1]
        if name and name.startswith("."):
            is_own = package is not None and scope.name_of(package) in ("__package__", "__name__")
            around = scope.package if is_own else package and scope.text_of(package)
            name = around and resolve(name, around)
        if name:
            self.add(name)
        else:
            warn(scope.at(node), "imports a module whose name is computed")

    def read_evaluator(self, node, scope, at):
        """Follows a text that is run as code, if it is written out, or that of a file whose path is."""
        text, path = scope.text_of(node), scope.file_read_by(node)
        if text is not None:
            with contextlib.suppress(SyntaxError, ValueError):
                self.read(ast.parse(text).body, scope)
        elif path is None or not self.run_file(path, scope):
            warn(at, "runs a text as code", "text")

    def run_file(self, node, scope):
        """Follows a file that is run by its path. Tells whether the path is known."""
        text = node and scope.text_of(node)
        if text:
            self.load(text)
        return bool(text)

    def load(self, path):
        """Reads a file of the project by its path, if it is there. Tells whether it counts."""
        path = os.path.abspath(os.path.join(root, path))
        counts = os.path.isfile(path) and not path.startswith((*inside, *standard))
        if counts:
            self.run(path, *module_of(path), os.path.dirname(path), is_lenient=True)
        return counts

    def run_module(self, name, at):
        if name:
            self.add(name)
            self.add(f"{name}.__main__")
        else:
            warn(at, "runs code that it finds itself")

    def add_named(self, name, setting):
        """Adds a module that a setting of the stage names; `plugins.*` is every module of a package."""
        package = name.removesuffix(".*")
        self.add(package, setting if setting == "module" else None)  # what runs must be readable
        if self.find(package) is None and "environment" not in settings:
            raise ValueError(f"there is no module {package}, which `{setting}` names")
        if package != name:
            self.add_all(package)

    def add_all(self, package):
        """Adds every module below a package of the project."""
        found = self.find(package)
        is_own = package.partition(".")[0] in self.own
        for folder in (is_own and found and found.submodule_search_locations) or []:
            looked.add(folder)  # a new module counts, too
            for _, name, is_package in pkgutil.iter_modules([folder]):
                self.add(f"{package}.{name}")
                if is_package:
                    self.add_all(f"{package}.{name}")

    def add_launcher(self, words):
        """Adds the package of what starts the program, such as `torchrun` or what `python -m` names."""
        name = os.path.basename(words[0]) if words else ""
        if interpreter.fullmatch(name) and "-m" in words[:-1]:
            self.run_module(words[words.index("-m") + 1], "")
        for point in metadata.entry_points(group="console_scripts", name=name):
            if point.dist:
                add_distribution(point.dist.name)

    def read_plugins(self, group, scope, at):
        """Adds the installed packages that have plug-ins of a group."""
        name = group and scope.text_of(group)
        if not name:
            return warn(at, "loads plug-ins of installed packages", "packages")
        for point in metadata.entry_points(group=name):
            self.add(point.module)
            if point.dist:
                add_distribution(point.dist.name)

    def read_target(self, value, scope):
        """Adds what the key `_target_` of Hydra names."""
        target = scope.text_of(value)
        if target and re.fullmatch(r"\w+(\.\w+)+", target):
            self.add(target)

    def read_command(self, node, scope, is_spread):
        """Follows a Python program that is started, if its path is written out."""
        command = keyword(node, "args") or keyword(node, "cmd")
        sources = [command] if command else node.args if is_spread else node.args[:1]
        words = [word for source in sources for word in scope.words_of(source)]
        place = keyword(node, "cwd")
        folder = os.path.join(root, (scope.text_of(place) or hidden) if place else "")
        paths = [os.path.join(folder, word) for word in words if word.endswith(".py")]
        scripts = [os.path.realpath(path) for path in paths if hidden not in path and os.path.isfile(path)]
        starts = [index for index, word in enumerate(words) if interpreter.fullmatch(word) or word == sys.executable]
        after = words[starts[-1] + 1 :] if starts else []
        module = after[after.index("-m") + 1] if "-m" in after[:-1] else hidden
        for path in scripts:
            start(path)
        if hidden not in module:
            start(root, module)
        elif not scripts and (starts or not words or hidden in words[0]):
            what = "starts Python with what" if starts else "starts a program that"
            warn(scope.at(node), f"{what} only running it can tell")

    def find(self, name):
        """The spec of a module; None where it is not found. Unlike importlib.util.find_spec, runs no package around it."""
        parent = name.rpartition(".")[0]
        above = (self.modules.get(parent) or self.find(parent)) if parent else None
        path = above.submodule_search_locations if above else None
        if parent and path is None:
            return None
        for finder in sys.meta_path:
            if finder is PathFinder:
                found = find_in(self.search if path is None else path, name)
            else:
                found = finder.find_spec(name, path)
            if found:
                return found
        return None

    def add(self, name, needed_at=None):
        """Adds a module with the packages around it. A name that is perhaps no module is left out where it is none."""
        top, _, _ = name.partition(".")
        if top != name:
            self.add(name.rpartition(".")[0], needed_at)
        if name in self.modules or (top != name and top not in self.own):
            return
        found = self.find(name)
        if found is None:
            if needed_at and top == name and not (self.is_lenient or self.is_guarded or name in self.given):
                self.absent.setdefault(name, needed_at)
            return
        self.modules[name] = found
        folders = found.submodule_search_locations
        origin = found.origin if found.has_location else next(iter(folders or []), "")
        names = distributions_of(top)
        if origin.startswith(inside) and names:
            for distribution in names:
                add_distribution(distribution)
        elif origin and (origin.startswith(inside) or not origin.startswith(standard)):
            self.own.add(top)
            if found.has_location:
                origin = os.path.abspath(origin)
                package = name if folders is not None else name.rpartition(".")[0]
                base = pathlib.Path(origin).parents[name.count(".") + (folders is not None)]
                source = None if os.path.exists(origin) else found.loader.get_source(name)
                before, self.is_certain = self.is_certain, self.is_certain and needed_at is not None
                self.run(origin, name, package, base, source)
                self.is_certain = before


def resolve(name, package):
    """The full name of a module that is named from within a package; None for one beyond it."""
    try:
        return importlib.util.resolve_name(name, package)
    except ImportError:
        return None


def keyword(node, name):
    return next((word.value for word in node.keywords if word.arg == name), None)


leaves = (ast.Name, ast.Constant, ast.expr_context, ast.operator, ast.cmpop, ast.boolop, ast.unaryop)


def parts_of(node):
    """The children of a node in order, as far as they can have an effect."""
    parts = []
    for field in node._fields:
        value = getattr(node, field, None)
        parts += value if isinstance(value, list) else [value]
    return [part for part in parts if isinstance(part, ast.AST) and not isinstance(part, leaves)]


skipped = ("__pycache__", "cache", "node_modules")


def add_code(pattern):
    """Adds the files that a path, a pattern or a folder of the project names. Programs are followed, others count by bytes."""
    paths = sorted(glob.glob(pattern, root_dir=root, recursive=True))
    if not paths:
        raise ValueError(f"there is no file {pattern}, which `code` names")
    for path in (os.path.join(root, path) for path in paths):
        looked.add(os.path.dirname(path))  # a new file may match, too
        for file in files_in(path):
            if file.endswith(".py"):
                start(os.path.realpath(file))
            else:
                count(file, root)


def files_in(path):
    """A file, or all files in a folder, but hidden ones, bytecode, and what packages of JavaScript and Restage keep."""
    if os.path.isfile(path):
        yield path
    for folder, folders, names in os.walk(path):
        looked.add(folder)
        folders[:] = sorted(name for name in folders if name not in skipped and not name.startswith("."))
        yield from (os.path.join(folder, name) for name in sorted(names) if not name.startswith("."))


started = set()


def start(place, module=None):
    """Follows what the program starts: a file, or a module as with `python -m` in a folder."""
    if (place, module) in started:
        return
    started.add((place, module))
    program = Program(place if module else os.path.dirname(place), is_lenient=True)
    if module:
        program.run_module(module, "")
    else:
        program.run(place, "__main__", base=os.path.dirname(place))
    program.finish()
