"""What expressions in a program mean, as far as they can be known without running it."""
import ast
import os
import pathlib
import shlex
import sys
from types import SimpleNamespace

# Attributes that may be evaluated, since they change nothing.
pure = set(
    "path Path join abspath dirname basename normpath realpath expanduser getcwd cwd parent parents resolve absolute "
    "joinpath with_name relative_to as_posix name stem parts sep pardir curdir executable".split()
)
costly = (ast.Mult, ast.Pow)
hidden = "\0"  # stands for a part of a text that is not known
deepest = 9  # how many names stand for each other at most

# Expressions whose value may follow from the value that a name had before: `x = x.parent`.
derived = (ast.Attribute, ast.BinOp, ast.Call, ast.JoinedStr, ast.List, ast.Name, ast.Subscript, ast.Tuple)


def names_in(node):
    return {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}


class Argument:
    """An expression that another scope gives to a function."""

    def __init__(self, node, scope):
        self.node, self.scope = node, scope


class Scope:
    """The names in a file or in a function of it.

    `path` is the file, `module` its name, `package` the package around it, `search` the list of folders in which Python
    looks for modules.
    """

    def __init__(self, path, label, module, package, search):
        self.path, self.label, self.module, self.package, self.search = path, label, module, package, search
        self.meanings = {}  # by local name, the full name of what it refers to: `osp` is `os.path`
        self.values = {}  # by local name, the expression that gave its value

    def inner(self):
        """The scope of a function, which knows the names around it."""
        scope = Scope(self.path, self.label, self.module, self.package, self.search)
        scope.meanings.update(self.meanings)
        scope.values.update(self.values)
        return scope

    def at(self, node):
        return f"{self.label}:{node.lineno}"

    def name_of(self, node):
        """The full name of what is referred to, such as `sys.path.insert`; empty for other expressions."""
        if isinstance(node, ast.Name):
            return self.meanings.get(node.id, node.id)
        above = self.name_of(node.value) if isinstance(node, ast.Attribute) else ""
        return above and f"{above}.{node.attr}"

    def bind(self, name, value):
        """Notes what a name stands for from here on: an expression, or None for something that is not known."""
        if isinstance(value, derived) and name in names_in(value):
            before = self.try_value(value)
            value = None if before is None else ast.Constant(before)
        meaning = "" if value is None else self.name_of(value)
        self.forget(name)
        if value is not None:
            self.values[name] = value
        if meaning:
            self.meanings[name] = meaning

    def forget(self, name):
        self.meanings.pop(name, None)
        self.values.pop(name, None)

    def value_of(self, node):
        """The value of an expression of literals, `__file__`, `sys.path`, functions of os.path and pathlib, and names of
        such. Raises an error for any other."""
        if isinstance(node, ast.Constant):
            return node.value
        if isinstance(node, Argument):
            return node.scope.value_of(node.node)
        if any(isinstance(part, costly) or getattr(part, "attr", "path") not in pure for part in ast.walk(node)):
            raise ValueError(f"line {node.lineno}")
        names = [part for part in ast.walk(node) if isinstance(part, ast.Name)]
        made = {part.id for part in names if isinstance(part.ctx, ast.Store)}
        known = {name: self.value_of_name(name) for name in {part.id for part in names} - made}
        return eval(compile(ast.Expression(node), self.path, "eval"), {"__builtins__": {}, **known})

    def value_of_name(self, name):
        meaning = self.meanings.get(name, name)
        builtin = {"__file__": self.path, "str": str, "list": list}
        if meaning in builtin and name not in self.values:
            return builtin[meaning]
        system = SimpleNamespace(path=list(self.search), executable=sys.executable)
        module, *attributes = meaning.split(".")
        value = {"os": os, "posixpath": os.path, "pathlib": pathlib, "sys": system}.get(module)
        if value is None or not pure.issuperset(attributes):
            return self.value_of(self.values[name])
        for attribute in attributes:
            value = getattr(value, attribute)
        return value

    def index_of(self, node):
        """The index or slice in brackets."""
        if not isinstance(node, ast.Slice):
            return self.value_of(node)
        return slice(*(part and self.value_of(part) for part in (node.lower, node.upper, node.step)))

    def try_value(self, node):
        """The value of an expression; None where only running it can tell."""
        try:
            return self.value_of(node)
        except Exception:
            return None

    def text_of(self, node):
        """The text or path that an expression gives; None where only running it can tell."""
        value = self.try_value(node)
        return os.fspath(value) if isinstance(value, (str, os.PathLike)) else None

    def meant(self, node):
        """The expression behind a name."""
        for _ in range(deepest):
            if not isinstance(node, ast.Name) or node.id not in self.values:
                break
            node = self.values[node.id]
        return node

    def words_of(self, node, depth=0):
        """The words of a command, from a list of words or a text for the shell. What is not known in them is `hidden`."""
        node = self.meant(node)
        value = self.try_value(node)
        if isinstance(value, (list, tuple)):
            return [str(word) for word in value]
        if isinstance(value, (str, os.PathLike)):
            return split(os.fspath(value))
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add) and depth < deepest:
            return [*self.words_of(node.left, depth + 1), *self.words_of(node.right, depth + 1)]
        if isinstance(node, (ast.List, ast.Tuple)) and depth < deepest:
            return [word for item in node.elts for word in self.word_of(item, depth + 1)]
        return split(self.visible_of(node))

    def word_of(self, node, depth):
        if isinstance(node, ast.Starred):
            return self.words_of(node.value, depth)
        return [self.text_of(node) or self.visible_of(node)]

    def visible_of(self, node):
        """The known parts of a formatted text."""
        if isinstance(node, ast.JoinedStr):
            return "".join(self.visible_of(part) for part in node.values)
        if isinstance(node, ast.FormattedValue):
            return self.text_of(node.value) or hidden
        return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else hidden

    def file_read_by(self, node):
        """The expression for the path of the file whose content an expression is; None for other expressions."""
        node = self.meant(node)
        if isinstance(node, ast.Call) and self.name_of(node.func) == "compile" and node.args:
            return self.file_read_by(node.args[0])
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            return None
        subject = self.meant(node.func.value)
        if node.func.attr in ("read_text", "read_bytes"):
            return subject
        opens = isinstance(subject, ast.Call) and self.name_of(subject.func) in ("open", "io.open") and subject.args
        return subject.args[0] if node.func.attr == "read" and opens else None


def split(text):
    try:
        return shlex.split(text)
    except ValueError:  # a quote is not closed
        return text.split()
